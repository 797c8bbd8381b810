//! The parts of a Ballista cluster: what `fewshop-node` runs, and [`Loopback`], a whole cluster on
//! this machine for tests and measurements.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::runtime::Runtime;

use crate::SqlError;

fn failed(step: &'static str, reason: impl std::fmt::Display) -> SqlError {
    SqlError::Engine {
        step,
        reason: reason
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// Plans are deep and decoded by recursion. The stack is as large as in Ballista's own programs.
const STACK_BYTES: usize = 32 << 20;

fn runtime() -> Result<Runtime, SqlError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build()
        .map_err(|error| failed("Starting threads", error))
}

/// Ends this program when stdin closes.
pub fn stop_with_stdin() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
}

/// Runs a scheduler until it is stopped; prints its address once it listens.
///
/// # Errors
/// [`SqlError::Engine`]: the address is not available.
pub fn scheduler(listen: &str) -> Result<(), SqlError> {
    const STEP: &str = "Running the scheduler";
    runtime()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .map_err(|error| {
                failed(
                    STEP,
                    format!("cannot listen at {listen} ({error}): choose another --listen"),
                )
            })?;
        let address = listener.local_addr().map_err(|error| failed(STEP, error))?;
        let config = SchedulerConfig::default()
            .with_hostname(address.ip().to_string())
            .with_port(address.port());
        let cluster = BallistaCluster::new_from_config(&config)
            .await
            .map_err(|error| failed(STEP, error))?;
        let scheduler =
            create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config))
                .await
                .map_err(|error| failed(STEP, error))?;
        writeln!(std::io::stdout(), "{address}").map_err(|error| failed(STEP, error))?;
        start_grpc_service_with_listener(listener, scheduler)
            .await
            .map_err(|error| failed(STEP, error))
    })
}

/// Settings of an executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executor {
    /// Host and port of the scheduler.
    pub scheduler: String,
    /// Its own host.
    pub host: String,
    /// Its own port; the next one is used too.
    pub port: u16,
    /// Partitions to work on at once; 0 means one per core.
    pub threads: usize,
    /// Bytes for groups and sorting.
    pub memory_bytes: u64,
    /// Folder for spilled data.
    pub work: PathBuf,
}

/// The largest message between the parts of a cluster: a plan, or a batch.
const MESSAGE_BYTES: u32 = 256 << 20;
/// Seconds for which an executor tries to reach its scheduler.
const CONNECT_S: u16 = 30;

/// Runs an executor until it is stopped.
///
/// # Errors
/// [`SqlError`]: a port is taken, or the scheduler does not answer.
pub fn executor(how: &Executor) -> Result<(), SqlError> {
    const STEP: &str = "Running the executor";
    let wrong = || SqlError::Address {
        found: how.scheduler.clone(),
    };
    let (host, port) = how.scheduler.rsplit_once(':').ok_or_else(wrong)?;
    let scheduler_port = port.parse().ok().ok_or_else(wrong)?;
    let grpc_port = how
        .port
        .checked_add(1)
        .ok_or_else(|| failed(STEP, "there is no port after 65535: choose a lower --port"))?;
    let config = ExecutorProcessConfig {
        bind_host: how.host.clone(),
        external_host: Some(how.host.clone()),
        port: how.port,
        grpc_port,
        scheduler_host: host.to_owned(),
        scheduler_port,
        scheduler_connect_timeout_seconds: CONNECT_S,
        vcores: how.threads,
        work_dir: Some(how.work.to_string_lossy().into_owned()),
        memory_pool_size: Some(how.memory_bytes),
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        ..ExecutorProcessConfig::default()
    };
    runtime()?
        .block_on(start_executor_process(Arc::new(config)))
        .map_err(|error| failed(STEP, error))
}

/// A scheduler and some executors as child processes on this machine. Dropping this value ends
/// them, and they end by themselves if this process is killed.
#[derive(Debug)]
pub struct Loopback {
    address: String,
    scheduler: Child,
    executors: Vec<Child>,
}

/// Maximum time until a part of the cluster listens.
const START: Duration = Duration::from_secs(60);
/// Attempts to find free ports. They are released before the children take them, so another program
/// may be faster.
const TRIES: usize = 5;

impl Loopback {
    /// Starts them. `program` is `fewshop-node`, `work` a folder for spilled data; each executor
    /// has one thread and this much memory.
    ///
    /// # Errors
    /// [`SqlError::Engine`]: the program cannot be started, or does not listen within a minute.
    pub fn start(
        program: &Path,
        executors: usize,
        memory_bytes: u64,
        work: &Path,
    ) -> Result<Self, SqlError> {
        const STEP: &str = "Starting a cluster";
        let start = |args: &[&str], stdout: Stdio| {
            let mut command = Command::new(program);
            command
                .args(args)
                .arg("--with-stdin")
                .stdin(Stdio::piped())
                .stdout(stdout)
                .stderr(Stdio::null());
            command.spawn().map_err(|error| {
                failed(
                    STEP,
                    format!("{} cannot be started ({error})", program.display()),
                )
            })
        };
        let mut scheduler = start(&["scheduler", "--listen", "127.0.0.1:0"], Stdio::piped())?;
        let address = scheduler.stdout.take().and_then(first_line);
        let mut cluster = Self {
            address: address.unwrap_or_default(),
            scheduler,
            executors: Vec::new(),
        };
        if cluster.address.is_empty() {
            return Err(failed(STEP, "the scheduler does not say where it listens"));
        }
        for nth in 0..executors {
            let work = work.join(format!("executor-{nth}"));
            std::fs::create_dir_all(&work).map_err(|error| SqlError::Write {
                path: work.clone(),
                reason: error.to_string(),
            })?;
            let (work, memory) = (
                work.to_string_lossy().into_owned(),
                memory_bytes.to_string(),
            );
            let mut listens = false;
            for _ in 0..TRIES {
                let port = free_ports()?;
                let text = port.to_string();
                let args = [
                    "executor",
                    "--scheduler",
                    &cluster.address,
                    "--port",
                    &text,
                    "--threads",
                    "1",
                    "--memory",
                    &memory,
                    "--work",
                    &work,
                ];
                let mut executor = start(&args, Stdio::null())?;
                listens = wait_for(&mut executor, port);
                if listens {
                    cluster.executors.push(executor);
                    break;
                }
                end(&mut executor);
            }
            if !listens {
                return Err(failed(STEP, format!("executor {nth} does not listen")));
            }
        }
        Ok(cluster)
    }

    /// The address for `--cluster`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("df://{}", self.address)
    }

    /// The peak memory of each executor so far, in bytes, if the system reports it (Linux does).
    #[must_use]
    pub fn peak_bytes(&self) -> Vec<u64> {
        self.executors
            .iter()
            .filter_map(|executor| peak_bytes(&executor.id().to_string()))
            .collect()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.executors.iter_mut().for_each(end);
        end(&mut self.scheduler);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The peak memory of a process so far, in bytes; `self` is this one. `None` if the system does not
/// report it.
#[must_use]
pub fn peak_bytes(process: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// The first line of a child, if it arrives in time; later output is read and dropped.
fn first_line(pipe: impl Read + Send + 'static) -> Option<String> {
    let (tell, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(pipe).lines();
        if let Some(Ok(line)) = lines.next() {
            let _ = tell.send(line);
        }
        lines.for_each(drop);
    });
    hear.recv_timeout(START).ok()
}

/// A port that is free, together with the next one.
fn free_ports() -> Result<u16, SqlError> {
    const STEP: &str = "Looking for free ports";
    for _ in 0..100 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let port = listener
            .and_then(|listener| listener.local_addr())
            .map_err(|error| failed(STEP, error))?
            .port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return Ok(port);
        }
    }
    Err(failed(
        STEP,
        "no two free ports beside each other were found",
    ))
}

/// Whether the child listens before it ends or its time runs out.
fn wait_for(child: &mut Child, port: u16) -> bool {
    let until = Instant::now() + START;
    while Instant::now() < until {
        if !matches!(child.try_wait(), Ok(None)) {
            return false;
        }
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}
