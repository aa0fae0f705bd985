//! What only one operating system has: which file systems reach over a network, and the machine's name.

use std::path::Path;

/// The kind of network file system that holds `path` ("nfs4", "cifs", …), or `None` on a local disk or where it cannot be
/// told. SQLite's write-ahead log needs memory shared between processes, which no network file system gives.
pub fn network_file_system(path: &Path) -> Option<String> {
    let path = existing_ancestor(path)?;
    imp::network_file_system(&path)
}

/// The machine's name, for telling a person where something runs.
pub fn host_name() -> String {
    imp::host_name().filter(|name| !name.is_empty()).unwrap_or_else(|| "this computer".to_owned())
}

/// Whether a window can be hoped for: where windows need a display server, its address must be known.
pub fn may_have_screen() -> bool {
    let needs_server = cfg!(all(unix, not(target_os = "macos")));
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !needs_server || ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(is_set)
}

/// The absolute path of `path` or of the nearest folder above it that exists.
fn existing_ancestor(path: &Path) -> Option<std::path::PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    absolute.ancestors().find_map(|ancestor| ancestor.canonicalize().ok())
}

/// File systems whose files may be changed by another machine, as Linux names them.
#[cfg(any(target_os = "linux", test))]
const NETWORK_KINDS: [&str; 23] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "panfs",
    "pvfs2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
    "wekafs",
];

/// FUSE programs that only pass on a local disk; all others may reach over a network.
#[cfg(any(target_os = "linux", test))]
const LOCAL_FUSE: [&str; 7] = [
    "fuse.ntfs-3g",
    "fuse.exfat",
    "fuse.encfs",
    "fuse.gocryptfs",
    "fuse.bindfs",
    "fuse.mergerfs",
    "fuse.fuse-overlayfs",
];

/// The kind of the file system that holds `path`, given the text of `/proc/self/mounts`: the longest mount point above it,
/// and of equal ones the last, which lies on top.
#[cfg(any(target_os = "linux", test))]
fn network_kind_in_mounts(mounts: &str, path: &Path) -> Option<String> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut fields = line.split(' ');
        let (Some(_device), Some(point), Some(kind)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let point = unescape_mount_point(point);
        let depth = Path::new(&point).components().count();
        if path.starts_with(&point) && best.is_none_or(|(deepest, _)| depth >= deepest) {
            best = Some((depth, kind));
        }
    }
    let (_, kind) = best?;
    let is_network = NETWORK_KINDS.contains(&kind) || (kind.starts_with("fuse.") && !LOCAL_FUSE.contains(&kind));
    is_network.then(|| kind.to_owned())
}

/// Undoes the octal escapes that the kernel writes for space, tab, newline and backslash.
#[cfg(any(target_os = "linux", test))]
fn unescape_mount_point(text: &str) -> String {
    ["\\040", "\\011", "\\012", "\\134"]
        .iter()
        .zip([" ", "\t", "\n", "\\"])
        .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(target_os = "linux")]
mod imp {
    use std::fs;
    use std::path::Path;

    pub(super) fn network_file_system(path: &Path) -> Option<String> {
        super::network_kind_in_mounts(&fs::read_to_string("/proc/self/mounts").ok()?, path)
    }

    pub(super) fn host_name() -> Option<String> {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
        Some(name.trim().to_owned())
    }
}

#[cfg(target_os = "macos")]
mod imp {
    use std::path::Path;
    use std::process::Command;

    /// `mount` prints lines such as `//ann@server/data on /Volumes/data (smbfs, nodev, nosuid, mounted by ann)`.
    pub(super) fn network_file_system(path: &Path) -> Option<String> {
        let output = Command::new("/sbin/mount").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut best: Option<(usize, String)> = None;
        for line in text.lines() {
            let Some((_, rest)) = line.split_once(" on ") else { continue };
            let Some((point, options)) = rest.rsplit_once(" (") else { continue };
            let kind = options.split([',', ')']).next().unwrap_or_default();
            let depth = Path::new(point).components().count();
            if path.starts_with(point) && best.as_ref().is_none_or(|(deepest, _)| depth >= *deepest) {
                best = Some((depth, kind.to_owned()));
            }
        }
        let (_, kind) = best?;
        ["nfs", "smbfs", "afpfs", "webdav", "cifs"].contains(&kind.as_str()).then_some(kind)
    }

    pub(super) fn host_name() -> Option<String> {
        let output = Command::new("/bin/hostname").output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod imp {
    use std::path::Path;

    /// A canonical path shows a mapped drive as the share that it stands for.
    pub(super) fn network_file_system(path: &Path) -> Option<String> {
        let text = path.to_string_lossy();
        let is_share = text.starts_with(r"\\?\UNC\") || (text.starts_with(r"\\") && !text.starts_with(r"\\?\"));
        is_share.then(|| "share".to_owned())
    }

    pub(super) fn host_name() -> Option<String> {
        std::env::var("COMPUTERNAME").or_else(|_| std::env::var("HOSTNAME")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
/dev/sdb1 /home/ann/local ext4 rw 0 0
//nas/lab /mnt/lab\\040data cifs rw 0 0
ann@host: /mnt/ssh fuse.sshfs rw 0 0
/dev/sdc1 /mnt/usb fuse.ntfs-3g rw 0 0
broken line
tmpfs /over tmpfs rw 0 0
srv:/over /over nfs rw 0 0
";

    #[test]
    fn the_mount_nearest_to_the_file_decides() {
        let kind = |path: &str| network_kind_in_mounts(MOUNTS, Path::new(path));
        assert_eq!(kind("/data/mouse.bvlm"), None);
        assert_eq!(kind("/home/ann/mouse.bvlm").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/ann/local/mouse.bvlm"), None);
        assert_eq!(kind("/homes/mouse.bvlm"), None, "a mount point ends at a folder's name");
        assert_eq!(kind("/mnt/lab data/mouse.bvlm").as_deref(), Some("cifs"));
        assert_eq!(kind("/mnt/ssh/mouse.bvlm").as_deref(), Some("fuse.sshfs"));
        assert_eq!(kind("/mnt/usb/mouse.bvlm"), None);
        assert_eq!(kind("/over/mouse.bvlm").as_deref(), Some("nfs"), "the later mount lies on top");
    }

    #[test]
    fn this_machine_has_a_name() {
        assert!(!host_name().is_empty());
    }
}
