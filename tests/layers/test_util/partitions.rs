//! Networks that fall apart, and what the nodes see of it.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use palisade::test_util::{Fault, FaultProxy};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::sockets::{Pair, SHORT, connect, ends, eventually, is_silent, listen, read, soon, write};

/// Nodes that listen, and a link for each pair of names, in their order.
struct Network {
    links: Vec<FaultProxy>,
    nodes: Vec<(&'static str, TcpListener)>,
}

impl Network {
    async fn of(nodes: &[&'static str], links: &[(&str, &str)]) -> Self {
        let mut network = Self { links: Vec::new(), nodes: Vec::new() };
        for node in nodes {
            network.nodes.push((node, listen().await));
        }
        for (from, to) in links {
            let upstream = network.node(to).local_addr().unwrap();
            network.links.push(FaultProxy::start(upstream).await.unwrap().between(*from, *to));
        }
        network
    }

    fn node(&self, name: &str) -> &TcpListener {
        &self.nodes.iter().find(|(node, _)| *node == name).expect("the node is there").1
    }

    /// Connections over the links, from who connects and from the node.
    async fn connect(&self, links: &[(&str, &str)]) -> Vec<(TcpStream, TcpStream)> {
        let mut connections = Vec::new();
        for (link, (_, to)) in self.links.iter().zip(links) {
            connections.push(connect(link, self.node(to)).await);
        }
        connections
    }
}

/// Whether anything comes within a while; what comes must be this.
async fn hears(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    if timeout(SHORT, stream.peek(&mut [0])).await.is_err() {
        return false;
    }
    assert_eq!(read(stream, bytes.len()).await, bytes);
    true
}

/// Whether requests get through a connection, and whether responses do.
async fn passes((client, node): &mut (TcpStream, TcpStream)) -> (bool, bool) {
    write(client, b"ask").await;
    write(node, b"answer").await;
    (hears(node, b"ask").await, hears(client, b"answer").await)
}

/// The same of each connection.
async fn each_passes(connections: &mut [(TcpStream, TcpStream)]) -> Vec<(bool, bool)> {
    let mut all = Vec::new();
    for connection in connections {
        all.push(passes(connection).await);
    }
    all
}

const LINKS: [(&str, &str); 4] = [("client", "a"), ("client", "b"), ("client", "c"), ("c", "b")];

#[tokio::test]
async fn a_client_can_be_cut_from_a_node_that_others_reach() {
    let network = Network::of(&["a", "b", "c"], &LINKS).await;
    let mut connections = network.connect(&LINKS).await;
    FaultProxy::partition(&network.links, &["client"], &["b"]);
    assert_eq!(each_passes(&mut connections).await, [(true, true), (false, false), (true, true), (true, true)]);
}

#[tokio::test]
async fn a_node_can_be_cut_from_all_others() {
    let network = Network::of(&["a", "b", "c"], &LINKS).await;
    let mut connections = network.connect(&LINKS).await;
    FaultProxy::partition(&network.links, &["b"], &["client", "a", "c"]);
    assert_eq!(each_passes(&mut connections).await, [(true, true), (false, false), (true, true), (false, false)]);
}

#[tokio::test]
async fn a_partition_may_be_of_one_direction() {
    let network = Network::of(&["b"], &[("client", "b")]).await;
    for (from, to, still) in [("client", "b", (false, true)), ("b", "client", (true, false))] {
        let mut connection = connect(&network.links[0], network.node("b")).await;
        FaultProxy::partition_one_way(&network.links, &[from], &[to]);
        assert_eq!(passes(&mut connection).await, still, "from {from} to {to}");
        FaultProxy::heal(&network.links);
    }
}

#[tokio::test]
async fn what_was_sent_into_a_partition_arrives_once_it_is_healed() {
    let mut pair = Pair::start().await;
    pair.greet().await;
    pair.proxy.set(Fault::Partition);
    write(&mut pair.client, b"order").await;
    write(&mut pair.upstream, b"paid").await;
    drop(pair.client);
    assert!(is_silent(&mut pair.upstream).await);
    pair.proxy.set(Fault::None);
    assert_eq!(read(&mut pair.upstream, 5).await, b"order");
}

#[tokio::test]
async fn a_connection_that_begins_in_a_partition_reaches_the_node_after_it() {
    let network = Network::of(&["b"], &[("client", "b")]).await;
    let (link, node) = (&network.links[0], network.node("b"));
    for (from, to) in [("client", "b"), ("b", "client")] {
        FaultProxy::partition_one_way(&network.links, &[from], &[to]);
        let mut client = TcpStream::connect(link.addr()).await.unwrap();
        write(&mut client, b"order").await;
        assert!(is_silent(&mut client).await);
        assert!(timeout(SHORT, node.accept()).await.is_err());
        FaultProxy::heal(&network.links);
        let (mut connection, _) = soon(node.accept()).await.unwrap();
        assert_eq!(read(&mut connection, 5).await, b"order");
    }
}

#[tokio::test]
async fn a_client_that_left_before_the_end_of_a_partition_never_came() {
    let network = Network::of(&["b"], &[("client", "b")]).await;
    let (link, node) = (&network.links[0], network.node("b"));
    FaultProxy::partition(&network.links, &["client"], &["b"]);
    let mut client = TcpStream::connect(link.addr()).await.unwrap();
    write(&mut client, b"order").await;
    drop(client);
    assert!(eventually(async || link.open() == 1).await);
    FaultProxy::heal(&network.links);
    assert!(eventually(async || link.open() == 0).await);
    let (mut client, mut connection) = connect(link, node).await;
    write(&mut client, b"other").await;
    assert_eq!(read(&mut connection, 5).await, b"other");
}

#[tokio::test]
async fn a_partition_hides_that_a_side_resets() {
    let mut pair = Pair::start().await;
    pair.greet().await;
    pair.proxy.set(Fault::Partition);
    pair.client.set_zero_linger().unwrap();
    drop(pair.client);
    assert!(is_silent(&mut pair.upstream).await);
    pair.proxy.set(Fault::None);
    assert!(soon(pair.upstream.readable()).await.is_ok());
}

#[tokio::test]
async fn to_heal_leaves_other_faults_in_force() {
    let network = Network::of(&["b"], &[("client", "b")]).await;
    let link = &network.links[0];
    link.set(Fault::HalfClose);
    FaultProxy::partition_one_way(&network.links, &["client"], &["b"]);
    FaultProxy::heal(&network.links);
    let (mut client, _connection) = connect(link, network.node("b")).await;
    assert!(ends(&mut client).await);
}

#[tokio::test]
#[should_panic(expected = "no link is between [\"client\"] and [\"d\"]")]
async fn a_partition_of_nodes_without_a_link_is_a_mistake() {
    let network = Network::of(&["b"], &[("client", "b")]).await;
    FaultProxy::partition(&network.links, &["client"], &["d"]);
}
