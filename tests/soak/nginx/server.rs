//! nginx, as a process that can be killed, and what it saw.

use std::collections::HashMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tokio::net::TcpSocket;

/// What is wrong with it. Each but the last is a file that nginx looks for when a request arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It answers 503 with `Retry-After: 1`.
    Busy,
    /// It closes the connection without an answer.
    Cut,
    /// Nothing of the response comes in time.
    Slow,
    /// The head of the response comes in time, and its body does not.
    Dripping,
    /// The master and the workers are killed.
    Killed,
}

/// Every request is in the log as soon as its head was read: the rewrite is there to be logged.
const CONFIG: &str = r#"
    user root;
    worker_processes 2;
    pid DIR/pid;
    error_log DIR/log notice;
    events { worker_connections 512; }
    http {
        access_log off;
        client_body_temp_path DIR/body;
        proxy_temp_path DIR/proxy;
        fastcgi_temp_path DIR/fastcgi;
        uwsgi_temp_path DIR/uwsgi;
        scgi_temp_path DIR/scgi;
        server {
            listen ADDR;
            location / {
                rewrite_log on;
                rewrite ^ $uri;
                if (-f DIR/Busy) { add_header Retry-After 1 always; return 503; }
                if (-f DIR/Cut) { return 444; }
                if (-f DIR/Slow) { limit_rate 1; }
                if (-f DIR/Dripping) { limit_rate 500; }
                return 200 "$uri BODY";
            }
        }
    }
"#;

/// The body of its response to a request for this path.
pub(crate) fn body_of(path: &str) -> String {
    format!("{path} {}", "-".repeat(1024))
}

pub(crate) struct Nginx {
    program: PathBuf,
    dir: PathBuf,
    addr: SocketAddr,
    /// Keeps the port for it while it is down.
    _port: TcpSocket,
    shell: Option<Child>,
}

impl Nginx {
    /// Finds the program on the path or where Debian has it, and starts it on a port of its own.
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        let program = folders.find_map(|folder| Some(folder.join("nginx")).filter(|program| program.is_file()))?;
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nginx");
        fs::remove_dir_all(&dir).ok();
        fs::create_dir_all(&dir).unwrap();
        let port = TcpSocket::new_v4().unwrap();
        port.set_reuseaddr(true).unwrap();
        port.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let addr = port.local_addr().unwrap();
        let config = CONFIG.replace("DIR", dir.to_str().unwrap()).replace("ADDR", &addr.to_string());
        fs::write(dir.join("config"), config.replace("BODY", &"-".repeat(1024))).unwrap();
        let mut nginx = Self { program, dir, addr, _port: port, shell: None };
        nginx.start();
        Some(nginx)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The shell kills itself and all that it started when nobody holds its input any more: so too when the test is killed.
    fn start(&mut self) {
        let script = r#""$0" -p "$1" -c config -e log -g 'daemon off;' & cat; kill -s KILL 0"#;
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(&self.program).arg(&self.dir).process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        self.shell = Some(shell.spawn().unwrap());
    }

    fn kill(&mut self) {
        if let Some(mut shell) = self.shell.take() {
            shell.wait().unwrap();
        }
    }

    pub(crate) fn begin(&mut self, fault: Fault) {
        match fault {
            Fault::Killed => self.kill(),
            _ => drop(File::create(self.flag(fault)).unwrap()),
        }
    }

    pub(crate) fn end(&mut self, fault: Fault) {
        match fault {
            Fault::Killed => self.start(),
            _ => fs::remove_file(self.flag(fault)).unwrap(),
        }
    }

    fn flag(&self, fault: Fault) -> PathBuf {
        self.dir.join(format!("{fault:?}"))
    }

    /// How often it saw each request, by its first line.
    pub(crate) fn seen(&self) -> HashMap<String, u32> {
        let log = fs::read_to_string(self.dir.join("log")).unwrap();
        let mut seen = HashMap::new();
        for line in log.lines().filter(|line| line.contains("\"^\" matches")) {
            let (_, request) = line.split_once("request: \"").unwrap();
            let (request, _) = request.split_once(" HTTP/").unwrap();
            *seen.entry(request.to_owned()).or_default() += 1;
        }
        seen
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.kill();
    }
}
