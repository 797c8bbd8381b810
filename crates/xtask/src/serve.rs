//! `cargo xtask serve`: serves the shop on this machine, before the WebGPU engine has been built.

use anyhow::Result;

use crate::page::Base;
use crate::root::dist;
use crate::run::{command, gently, line, say, spawn};
use crate::server::Server;
use crate::shop::Which;
use crate::site;
use crate::tools::{find_chromium, on_path};
use crate::wasm::build_gpu;

/// How to serve, and which shop.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    door: Door,
    #[command(flatten)]
    which: Which,
}

/// How to serve.
#[derive(Debug, clap::Args)]
pub(crate) struct Door {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Open the page in the default browser
    #[arg(long)]
    open: bool,
    /// Leave out the WebGPU engine
    #[arg(long)]
    no_gpu: bool,
}

/// Builds and serves until the process ends.
pub(crate) fn serve(options: &Options) -> Result<()> {
    open(&options.door, &options.which)
}

/// The same for a shop that another command has made.
pub(crate) fn open(options: &Door, which: &Which) -> Result<()> {
    // Bound first: an occupied port should not be discovered after minutes of building.
    let server = Server::bind(&dist(), options.port)?;
    let url = server.url()?;
    site::build_without_gpu(which, &Base::default())?;
    if options.no_gpu {
        site::remove_gpu()?;
    }
    say!("the shop is open: {url}   (Ctrl-C closes it)");
    if options.open {
        open_browser(&url);
    }
    if !options.no_gpu {
        std::thread::spawn(|| {
            say!(
                "building the WebGPU engine in the background; the CPU engine serves until it is ready"
            );
            if let Err(error) = site::add_gpu(&mut gently(build_gpu())) {
                say!(
                    "the WebGPU engine is missing; the shop continues with the CPU engine: {error:#}"
                );
            }
        });
    }
    server.run();
    Ok(())
}

fn open_browser(url: &str) {
    let opener = ["xdg-open", "open"]
        .iter()
        .find_map(|name| on_path(name))
        .or_else(|| find_chromium().ok().flatten());
    let Some(opener) = opener else {
        say!("found no browser on this machine: open {url} yourself");
        return;
    };
    let mut browser = command(opener);
    browser.arg(url);
    if let Err(error) = spawn(&mut browser) {
        say!("`{}` did not start: {error:#}", line(&browser));
    }
}
