//! A real window on a screen of its own: Xvfb, a window manager, the program, real clicks and keys by xdotool.
//!
//! What is where comes from the accessibility tree, which the program gives out on a local port (`EGUI_INSPECTION`); it is
//! only read there. Every click and key goes the way that a hand's would: through the X server.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use egui::accesskit::{Node, NodeId, Role, Toggled};
use egui_inspection::protocol::{Request, Response, read_handshake, read_message, write_message};

/// Longer than anything takes on a slow machine with other work; a wait that reaches it has failed.
const LIMIT: Duration = Duration::from_secs(90);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(60);

/// A screen without a monitor, with a window manager that gives windows the keyboard.
pub struct Screen {
    server: Child,
    manager: Child,
    display: String,
}

impl Screen {
    /// Starts one on which a window of this size, px, has room with its frame.
    pub fn start(size: [u32; 2]) -> Self {
        let size = size.map(|side| side + 80);
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{}x{}x24", size[0], size[1]), "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is needed: apt-get install xvfb openbox xdotool imagemagick");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let display = format!(":{}", line.trim());
        let manager = Command::new("openbox").env("DISPLAY", &display).stderr(Stdio::null()).spawn().unwrap();
        let screen = Self { server, manager, display };
        // A window that is there before the manager may never be shown.
        wait("the window manager", || screen.tool("xdotool", &["get_num_desktops"]).parse::<u32>().ok());
        screen
    }

    fn tool(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).env("DISPLAY", &self.display).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Keeps a picture of the screen.
    pub fn shoot(&self, path: &Path) {
        self.tool("import", &["-window", "root", path.to_str().unwrap()]);
        assert!(path.exists(), "no picture at {}", path.display());
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for child in [&mut self.manager, &mut self.server] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What is on the window, as a screen reader has it.
pub struct Tree {
    nodes: Vec<(NodeId, Node)>,
    pixels_per_point: f32,
}

impl Tree {
    fn text(node: &Node) -> String {
        let label = node.label().unwrap_or_default();
        if label.is_empty() { node.value().unwrap_or_default().to_owned() } else { label.to_owned() }
    }

    fn find(&self, wanted: &dyn Fn(&str) -> bool) -> Option<&Node> {
        // What is drawn last lies on top.
        self.nodes.iter().map(|(_, node)| node).rfind(|node| wanted(&Self::text(node)))
    }

    /// Whether something bears exactly this text.
    pub fn has(&self, text: &str) -> bool {
        self.find(&|found| found == text).is_some()
    }

    /// The first text that holds this one.
    pub fn containing(&self, text: &str) -> Option<String> {
        self.find(&|found| found.contains(text)).map(Self::text)
    }

    /// All texts.
    pub fn texts(&self) -> Vec<String> {
        self.nodes.iter().map(|(_, node)| Self::text(node)).filter(|text| !text.is_empty()).collect()
    }

    /// Whether the control of that name is switched on.
    pub fn is_on(&self, name: &str) -> bool {
        let is_on = |node: &Node| node.toggled() == Some(Toggled::True) || node.is_selected() == Some(true);
        self.nodes.iter().any(|(_, node)| Self::text(node) == name && is_on(node))
    }

    /// Whether a control whose name begins so is switched on.
    pub fn is_on_starting(&self, beginning: &str) -> bool {
        let fits = |text: &String| text.starts_with(beginning);
        self.texts().iter().filter(|text| fits(text)).any(|text| self.is_on(text))
    }

    /// Whether the control of that name can be used.
    pub fn is_enabled(&self, name: &str) -> bool {
        self.nodes.iter().any(|(_, node)| Self::text(node) == name && node.role() != Role::Label && !node.is_disabled())
    }

    /// Left, top, right and bottom of what bears exactly this text, px from the window's corner.
    pub fn bounds_of(&self, text: &str) -> Option<[f64; 4]> {
        let bounds = self.find(&|found| found == text)?.bounds()?;
        Some([bounds.x0, bounds.y0, bounds.x1, bounds.y1].map(|side| side * f64::from(self.pixels_per_point)))
    }

    /// The middle of what bears exactly this text, px from the window's corner.
    fn middle_of(&self, text: &str) -> Option<[i32; 2]> {
        let placed = || self.nodes.iter().filter(|(_, node)| node.bounds().is_some());
        let mut named = placed().filter(|(_, node)| Self::text(node) == text);
        // What a label names is what can be clicked, rather than the label.
        let labels: Vec<NodeId> =
            named.clone().filter(|(_, node)| node.role() == Role::Label).map(|(id, _)| *id).collect();
        let field = placed().find(|(_, node)| node.labelled_by().iter().any(|id| labels.contains(id)));
        let control = named.clone().rfind(|(_, node)| node.role() != Role::Label);
        let (_, node) = field.or(control).or_else(|| named.next_back())?;
        let bounds = node.bounds()?;
        let scale = f64::from(self.pixels_per_point);
        // Bounds are in points or pixels as the platform has it; egui gives points.
        Some([((bounds.x0 + bounds.x1) / 2.0 * scale) as i32, ((bounds.y0 + bounds.y1) / 2.0 * scale) as i32])
    }
}

/// The running program.
pub struct Window<'a> {
    screen: &'a Screen,
    program: Child,
    stream: TcpStream,
    id: String,
    /// Clicks and keys so far.
    pub inputs: usize,
}

impl<'a> Window<'a> {
    /// Starts the program with these arguments and settings.
    pub fn open(screen: &'a Screen, arguments: &[&str], settings: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let program = Command::new(env!("CARGO_BIN_EXE_behaviorvlm"))
            .args(arguments)
            .env("DISPLAY", &screen.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("EGUI_INSPECTION", &address)
            .env("BEHAVIORVLM_SETTINGS", settings)
            .spawn()
            .unwrap();
        let mut stream = wait("the window's port", || TcpStream::connect(&address).ok());
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        read_handshake(&mut stream).unwrap();
        let process = program.id().to_string();
        let id = wait("the window", || {
            let found = screen.tool("xdotool", &["search", "--onlyvisible", "--pid", &process]);
            found.lines().last().map(str::to_owned)
        });
        screen.tool("xdotool", &["windowfocus", "--sync", &id]);
        Self { screen, program, stream, id, inputs: 0 }
    }

    /// Gives the window this size, px, at the screen's corner.
    pub fn resize(&mut self, size: [u32; 2]) {
        self.screen.tool("xdotool", &["windowmove", &self.id, "0", "0"]);
        self.screen.tool("xdotool", &["windowsize", "--sync", &self.id, &size[0].to_string(), &size[1].to_string()]);
        self.tree();
    }

    /// What is on the window now.
    pub fn tree(&mut self) -> Tree {
        write_message(&mut self.stream, &Request::GetTree).unwrap();
        match read_message(&mut self.stream).unwrap() {
            Response::Tree { pixels_per_point, accesskit, .. } => {
                let nodes = accesskit.map(|update| update.nodes);
                Tree { nodes: nodes.unwrap_or_default(), pixels_per_point }
            }
            other => panic!("the window answered {other:?}"),
        }
    }

    /// Waits until the tree shows something.
    pub fn wait_until<T>(&mut self, what: &str, mut look: impl FnMut(&Tree) -> Option<T>) -> T {
        let end = Instant::now() + LIMIT;
        loop {
            let tree = self.tree();
            if let Some(found) = look(&tree) {
                return found;
            }
            if Instant::now() > end {
                let path = std::env::temp_dir().join("behaviorvlm-window-failed.png");
                self.screen.shoot(&path);
                panic!("{what} never came; picture in {}; on the window: {:?}", path.display(), tree.texts());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until something bears exactly this text.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |tree| tree.has(text).then_some(()));
    }

    fn point_at(&mut self, name: &str) {
        let [x, y] = self.wait_until(name, |tree| tree.middle_of(name));
        let (id, x, y) = (self.id.clone(), x.to_string(), y.to_string());
        self.screen.tool("xdotool", &["mousemove", "--sync", "--window", &id, &x, &y]);
    }

    /// Moves the pointer over what bears this name.
    pub fn hover(&mut self, name: &str) {
        self.point_at(name);
    }

    /// Clicks what bears this name.
    pub fn click(&mut self, name: &str) {
        self.point_at(name);
        self.screen.tool("xdotool", &["click", "1"]);
        self.inputs += 1;
    }

    /// Clicks what bears a name that begins so: a dot's name goes on with what it is labelled as.
    pub fn click_starting(&mut self, beginning: &str) {
        // "dot 1 in cam0" is no beginning of "dot 1 in cam05".
        let fits = |text: &str| {
            text.strip_prefix(beginning).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
        };
        let name = self.wait_until(beginning, |tree| tree.texts().into_iter().find(|text| fits(text)));
        self.click(&name);
    }

    /// Clicks what bears a name that begins so, and waits until it is chosen: a hand is slower than a frame.
    pub fn choose_starting(&mut self, beginning: &str) {
        self.click_starting(beginning);
        self.wait_until(beginning, |tree| tree.is_on_starting(beginning).then_some(()));
    }

    /// Drags from one place to another, px from the window's corner, in steps as a hand would.
    pub fn drag(&mut self, from: [f64; 2], to: [f64; 2]) {
        let id = self.id.clone();
        let point = |share: f64| {
            let at = [0, 1].map(|axis| ((from[axis] + (to[axis] - from[axis]) * share).round() as i32).to_string());
            self.screen.tool("xdotool", &["mousemove", "--sync", "--window", &id, &at[0], &at[1]]);
            std::thread::sleep(PAUSE);
        };
        point(0.0);
        self.screen.tool("xdotool", &["mousedown", "1"]);
        [0.2, 0.5, 0.8, 1.0].into_iter().for_each(point);
        self.screen.tool("xdotool", &["mouseup", "1"]);
        self.inputs += 1;
    }

    /// Presses a key or combination, as xdotool names it: "ctrl+z".
    pub fn key(&mut self, key: &str) {
        self.screen.tool("xdotool", &["key", key]);
        self.inputs += 1;
    }

    /// Types into what has the focus.
    pub fn write(&mut self, text: &str) {
        self.screen.tool("xdotool", &["type", "--delay", "4", text]);
    }

    /// Replaces what a field holds.
    pub fn fill(&mut self, field: &str, text: &str) {
        self.click(field);
        self.key("ctrl+a");
        self.write(text);
    }

    /// Keeps a picture of the window, without its frame.
    pub fn shoot(&self, path: &Path) {
        self.screen.tool("import", &["-window", &self.id, path.to_str().unwrap()]);
        assert!(path.exists(), "no picture at {}", path.display());
    }

    /// Closes the window as its owner would, and waits for the program to end.
    pub fn close(mut self) {
        self.key("alt+F4");
        let status = wait("the end of the program", || self.program.try_wait().unwrap());
        assert!(status.success(), "the program ended with {status}");
    }

    /// Kills the program without a warning.
    pub fn kill(mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what} never came");
        std::thread::sleep(PAUSE);
    }
}

/// Where pictures go when somebody asks for them: `BEHAVIORVLM_SHOTS`.
pub fn shots() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("BEHAVIORVLM_SHOTS")?);
    std::fs::create_dir_all(&folder).unwrap();
    Some(folder)
}
