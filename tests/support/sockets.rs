//! Ports on loopback. What is served there is served for as long as the test's runtime lives.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    let addr = listener.local_addr().expect("it is bound");
    (listener, addr)
}

/// A port that refuses connections for as long as it is held, and that nobody else can take.
pub(crate) fn refusing() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("there is a socket");
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port is free");
    let addr = socket.local_addr().expect("it is bound");
    (socket, addr)
}

/// Serves each connection by this function.
pub(crate) async fn serve_each<F, Fut>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output: Send> + Send + 'static,
{
    let (listener, addr) = listen().await;
    tokio::spawn(accept(listener, serve));
    addr
}

pub(crate) async fn accept<F, Fut>(listener: TcpListener, serve: F)
where
    F: Fn(TcpStream) -> Fut,
    Fut: Future<Output: Send> + Send + 'static,
{
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream));
    }
}

pub(crate) async fn serve_router(router: Router) -> SocketAddr {
    let (listener, addr) = listen().await;
    tokio::spawn(async { axum::serve(listener, router).await });
    addr
}
