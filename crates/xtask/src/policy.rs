//! The page's permissions as HTTP headers: sent by `serve`, written to `_headers` for static hosts
//! that read it, and repeated in a meta tag as far as a page can declare them itself.

use std::fmt::Write as _;

use crate::page::Base;

/// The content security policy: the page may load from its own origin, and nothing else. No inline
/// script, no inline style, no `blob:`. Images may use `data:`, because of the icon and of the
/// pictures that arrive in bundles after load: Chromium requests an icon file again on every page
/// of the shop, and a picture file when it comes into view, so each would reveal every step to the
/// host.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; style-src 'self'; manifest-src 'self'; form-action 'none'";

/// Browser features that the page never uses. A browser warns on its console about names that it
/// does not know, so the list contains only those that Chromium knows without a flag.
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

/// The policy for a meta tag. Browsers ignore `frame-ancestors` there. `reports` is the origin to
/// which the devices of those who agreed send reports, in a shop that takes part in learning
/// together.
pub(crate) fn meta_policy(base: &Base, reports: Option<&str>) -> String {
    let own = "connect-src 'self'";
    let policy = match reports {
        Some(origin) => POLICY.replace(own, &format!("{own} {origin}")),
        None => POLICY.to_owned(),
    };
    // A page below the root needs its `<base>` tag.
    format!(
        "{policy}; base-uri {}",
        if base.is_root() { "'none'" } else { "'self'" }
    )
}

/// Names and values of the headers of every answer.
pub(crate) fn headers(base: &Base, reports: Option<&str>) -> Vec<(&'static str, String)> {
    let denied: Vec<String> = NOT_WANTED.iter().map(|name| format!("{name}=()")).collect();
    vec![
        (
            "Content-Security-Policy",
            format!("{}; frame-ancestors 'none'", meta_policy(base, reports)),
        ),
        ("Permissions-Policy", denied.join(", ")),
        ("Referrer-Policy", "no-referrer".to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        ("X-Frame-Options", "DENY".to_owned()),
        ("Cross-Origin-Opener-Policy", "same-origin".to_owned()),
        ("Cross-Origin-Resource-Policy", "same-origin".to_owned()),
        // File names do not change with their content, so the browser revalidates every file and
        // usually gets a 304.
        ("Cache-Control", "no-cache".to_owned()),
    ]
}

/// The file `_headers`, which Netlify, Cloudflare Pages and similar hosts read.
pub(crate) fn headers_file(base: &Base, reports: Option<&str>) -> String {
    let mut file = format!("{base}*\n");
    for (name, value) in headers(base, reports) {
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
        for policy in [meta_policy(&base, None), headers(&base, None)[0].1.clone()] {
            assert!(
                policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"),
                "{policy}"
            );
            for word in ["unsafe-inline", "'unsafe-eval'", "http", "blob:", "*"] {
                assert!(!policy.contains(word), "{word} in {policy}");
            }
        }
        assert!(
            headers(&base, None)[0].1.contains("frame-ancestors 'none'")
                && !meta_policy(&base, None).contains("frame-ancestors")
        );
    }

    #[test]
    fn a_shop_that_takes_part_names_one_address_more() {
        let base = Base::default();
        let plain = meta_policy(&base, None);
        let with = meta_policy(&base, Some("https://learn.example"));
        assert!(
            with.contains("; connect-src 'self' https://learn.example;"),
            "{with}"
        );
        assert_eq!(with.replace(" https://learn.example", ""), plain);
        assert!(
            headers(&base, Some("https://learn.example"))[0]
                .1
                .starts_with(&with)
        );
    }

    #[test]
    fn the_headers_file_is_of_the_folder_that_the_site_lies_in() {
        let file = headers_file(&"/shop/".parse().unwrap(), None);
        assert!(
            file.starts_with("/shop/*\n  Content-Security-Policy: default-src 'none';"),
            "{file}"
        );
        assert!(
            file.contains("base-uri 'self'") && file.contains("\n  Referrer-Policy: no-referrer\n")
        );
        // Cloudflare truncates longer lines.
        assert!(file.lines().all(|line| line.len() < 2000));
    }
}
