//! The line of an app's output that says why it ended.

use std::sync::LazyLock;

use regex::Regex;

static TELLING: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)(?:error|exception|panic|fatal)\b|\b(?:cannot|can't|could not|denied|not found|no such|failed|refused|unable to|undefined symbol)\b";
    #[expect(clippy::expect_used, reason = "a test compiles the pattern")]
    Regex::new(pattern).expect("the pattern is fixed")
});

/// The last line that names an error. The frames of a stack often follow it, so it is not
/// among the last lines. `None` where no line does.
pub(super) fn cause(lines: &[String]) -> Option<&str> {
    let is_frame = |line: &str| line.starts_with("at ") || line.starts_with("File \"");
    let mut trimmed = lines.iter().rev().map(|line| line.trim());
    trimmed.find(|line| TELLING.is_match(line) && !is_frame(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_found_above_its_stack() {
        for (output, line) in [
            (
                "node:net:238\n      throw new ERR_SOCKET_BAD_PORT('Port', port);\n      ^\n\nRangeError [ERR_SOCKET_BAD_PORT]: Port should be >= 0\n    at validatePort (node:internal:1)\n    at Object.connect (net.errorHandler)\n  code: 'ERR_SOCKET_BAD_PORT'\n}\n\nNode.js v20.18.0",
                Some("RangeError [ERR_SOCKET_BAD_PORT]: Port should be >= 0"),
            ),
            (
                "Exception in thread \"main\" java.lang.NoClassDefFoundError: a/B\n\tat shop.Main.main(Main.java:3)\nCaused by: java.lang.ClassNotFoundException: a.B\n\tat java.base/x.loadClass(Unknown)\n\t... 1 more",
                Some("Caused by: java.lang.ClassNotFoundException: a.B"),
            ),
            (
                "panic: open /etc/shop.toml: no such file or directory\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:9 +0x1d",
                Some("panic: open /etc/shop.toml: no such file or directory"),
            ),
            (
                "Traceback (most recent call last):\n  File \"/app/error.py\", line 1, in <module>\nModuleNotFoundError: No module named 'flask'",
                Some("ModuleNotFoundError: No module named 'flask'"),
            ),
            ("listening on 3000\nbye", None),
            ("", None),
        ] {
            let lines: Vec<String> = output.lines().map(str::to_owned).collect();
            assert_eq!(cause(&lines), line, "{output}");
        }
    }
}
