//! What the page may do, as headers: sent by `serve`, written to `_headers` for static hosts that
//! read it, and, as far as a page can say it of itself, in a meta tag.

use std::fmt::Write as _;

use crate::page::Base;

/// What the page may load, and from where: from itself, and nothing else. No inline script, no
/// inline style, no `blob:`; `data:` for images alone, because of the icon and of the pictures that
/// come in a few files after load: Chromium asks for an icon that is a file again on every page of
/// the shop, and a picture that is a file is asked for when it comes into view, and so each would
/// tell the host of every step.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; style-src 'self'; manifest-src 'self'; form-action 'none'";

/// What a browser could lend a page and this one never asks for. Names that the browser does not
/// know would each be a warning on its console, so only those are here that Chromium knows without
/// a flag.
const NOT_WANTED: [&str; 22] = [
    "accelerometer",
    "autoplay",
    "camera",
    "clipboard-read",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "xr-spatial-tracking",
];

/// The policy of a meta tag, where a browser takes no word on who may frame the page.
pub(crate) fn meta_policy(base: &Base) -> String {
    // A page below the root needs its `<base>` tag.
    format!(
        "{POLICY}; base-uri {}",
        if base.is_root() { "'none'" } else { "'self'" }
    )
}

/// The headers of every answer, name and value.
pub(crate) fn headers(base: &Base) -> Vec<(&'static str, String)> {
    let denied: Vec<String> = NOT_WANTED.iter().map(|name| format!("{name}=()")).collect();
    vec![
        (
            "Content-Security-Policy",
            format!("{}; frame-ancestors 'none'", meta_policy(base)),
        ),
        ("Permissions-Policy", denied.join(", ")),
        ("Referrer-Policy", "no-referrer".to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        ("X-Frame-Options", "DENY".to_owned()),
        ("Cross-Origin-Opener-Policy", "same-origin".to_owned()),
        ("Cross-Origin-Resource-Policy", "same-origin".to_owned()),
        // Names do not change with content, so everything is asked for again, and answered with
        // 304.
        ("Cache-Control", "no-cache".to_owned()),
    ]
}

/// The file `_headers` that Netlify, Cloudflare Pages and their kin read.
pub(crate) fn headers_file(base: &Base) -> String {
    let mut file = format!("{base}*\n");
    for (name, value) in headers(base) {
        // Writing to a String cannot fail.
        let _ = writeln!(file, "  {name}: {value}");
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inline_and_nobody_else_is_allowed() {
        let base = Base::default();
        for policy in [meta_policy(&base), headers(&base)[0].1.clone()] {
            assert!(
                policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"),
                "{policy}"
            );
            for word in ["unsafe-inline", "'unsafe-eval'", "http", "blob:", "*"] {
                assert!(!policy.contains(word), "{word} in {policy}");
            }
        }
        assert!(
            headers(&base)[0].1.contains("frame-ancestors 'none'")
                && !meta_policy(&base).contains("frame-ancestors")
        );
    }

    #[test]
    fn the_headers_file_is_of_the_folder_that_the_site_lies_in() {
        let file = headers_file(&"/shop/".parse().unwrap());
        assert!(
            file.starts_with("/shop/*\n  Content-Security-Policy: default-src 'none';"),
            "{file}"
        );
        assert!(
            file.contains("base-uri 'self'") && file.contains("\n  Referrer-Policy: no-referrer\n")
        );
        // Cloudflare cuts a longer line off.
        assert!(file.lines().all(|line| line.len() < 2000));
    }
}
