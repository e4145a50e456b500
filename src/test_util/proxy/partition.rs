//! Networks that fall apart: which links a partition cuts, and in which direction.

use super::{Fault, FaultProxy};

impl FaultProxy {
    /// Puts a [partition](Fault::Partition) in force between nodes, in both directions: neither side hears the other.
    ///
    /// Each link of the network is a proxy with the [names](Self::between) of its nodes, and who connects does so through it. A node that
    /// is on no side still reaches both: so a client can be cut from a replica that the others still reach.
    ///
    /// What a partition is on TCP: nobody is told. Open connections fall silent, in the one direction or in both, and go on where they were
    /// once the partition is [healed](Self::heal), so that a request that its client gave up may still arrive. New connections are
    /// accepted, because the kernel does that, and fall silent; without a proxy they would wait to be. So a limit on connecting does not
    /// see a partition here, and a limit on the response does. Nor does the kernel give up a connection here, as it would after
    /// minutes, or wait on for a while after the partition.
    ///
    /// # Panics
    ///
    /// Where no link is between the two sides: a name may be misspelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::test_util::{Fault, FaultProxy};
    /// use tokio::net::TcpListener;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (a, b) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    /// let network = [
    ///     FaultProxy::start(a.local_addr()?).await?.between("client", "a"),
    ///     FaultProxy::start(b.local_addr()?).await?.between("client", "b"),
    ///     FaultProxy::start(b.local_addr()?).await?.between("a", "b"),
    /// ];
    /// FaultProxy::partition(&network, &["client"], &["b"]); // and a still reaches both
    /// FaultProxy::heal(&network);
    /// FaultProxy::partition_one_way(&network, &["b"], &["client", "a"]); // b hears requests, and its responses are lost
    /// # Ok(())
    /// # }
    /// ```
    pub fn partition(network: &[Self], ones: &[&str], others: &[&str]) {
        Self::partition_one_way(network, ones, others);
        Self::partition_one_way(network, others, ones);
    }

    /// The same in one direction: what the nodes `from` send does not reach the nodes `to`.
    ///
    /// In truth nobody can connect over a link that loses packets in one direction, and here no connection that begins meanwhile
    /// reaches its upstream.
    ///
    /// # Panics
    ///
    /// Where no link is between the two sides.
    pub fn partition_one_way(network: &[Self], from: &[&str], to: &[&str]) {
        let mut cut = 0;
        for link in network {
            let Some((client, upstream)) = &link.ends else { continue };
            let is_between = |one: &str, other: &str| from.contains(&one) && to.contains(&other);
            let (asks, answers) = (is_between(client, upstream), is_between(upstream, client));
            if asks {
                link.set_requests(Fault::Partition);
            }
            if answers {
                link.set_responses(Fault::Partition);
            }
            cut += usize::from(asks || answers);
        }
        assert!(cut > 0, "no link is between {from:?} and {to:?}");
    }

    /// Ends all partitions of a network. Other faults stay in force.
    pub fn heal(network: &[Self]) {
        for link in network {
            link.faults.send_modify(|faults| {
                for fault in [&mut faults.requests, &mut faults.responses] {
                    if *fault == Fault::Partition {
                        *fault = Fault::None;
                    }
                }
            });
        }
    }
}
