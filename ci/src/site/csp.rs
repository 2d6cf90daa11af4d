//! The content-security policy of every page: no other host, and inline scripts by their hash alone.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::repo::{Pattern, files};

const HEAD: &str = "<head>";

/// Puts a policy into each HTML page of the site. The pages must be finished: it is of their scripts.
pub fn add(site: &Path) -> Result<()> {
    for path in files::below(site)? {
        if path.extension().is_some_and(|end| end == "html") {
            let html = with_policy(&files::read(&path)?).with_context(|| path.display().to_string())?;
            files::write_if_changed(&path, html.as_bytes())?;
        }
    }
    Ok(())
}

fn with_policy(html: &str) -> Result<String> {
    let (before, after) = html.split_once(HEAD).context("the page has no <head>")?;
    ensure!(!before.contains("<script") && !has_handler(html), "a script that the policy would not cover");
    let hashes: String =
        inline_scripts(html).map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script)))).collect();
    // Pagefind is WebAssembly. mdBook and its highlighter set styles on elements.
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
         base-uri 'none'; form-action 'none'"
    );
    Ok(format!("{before}{HEAD}\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">{after}"))
}

/// What stands between `<script>` and `</script>`, as a browser hashes it.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script>").skip(1).filter_map(|rest| rest.split_once("</script>").map(|(script, _)| script))
}

/// An attribute such as `onclick`, which no hash can allow: any that begins with `on`, in a tag.
fn has_handler(html: &str) -> bool {
    static HANDLER: Pattern = Pattern::of(r#"<[a-zA-Z][^<>]*\son[a-z]+\s*="#);
    HANDLER.is_match(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inline_script_is_allowed_by_its_hash() {
        let page = "<html><head><script>alert(1)</script><script src=\"a.js\"></script></head></html>";
        let page = with_policy(page).expect("a page");
        // The hash as `printf 'alert(1)' | openssl dgst -sha256 -binary | base64` prints it.
        assert!(page.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{page}");
        assert_eq!(page.matches("sha256-").count(), 1);
    }

    #[test]
    fn a_handler_in_an_attribute_is_refused() {
        for handler in ["onclick", "onsubmit", "onkeydown"] {
            let page = format!("<head></head><a href=\"b\" {handler}=\"x()\">");
            assert!(with_policy(&page).is_err(), "{handler}");
        }
        assert!(with_policy("<head></head><p>set on = 1</p><a href=\"?on=1\">").is_ok());
    }
}
