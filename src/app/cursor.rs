//! The shown frame, stepping, and playing with all views in step.
//!
//! Playing never runs ahead of the pictures: the frame changes only when those of the shown one are there, and then jumps to
//! where the clock says, so that a slow disk shows fewer frames, not later ones.

/// Where one is in a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cursor {
    /// The shown frame.
    pub frame: u32,
    /// How many frames there are.
    pub frame_count: u32,
    /// Speed of playing, 1 is the recording's own.
    pub speed: f32,
    playing: Option<Playing>,
    /// The direction of the last step, −1 or 1, for fetching pictures early.
    pub direction: i32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Playing {
    from_frame: u32,
    from_secs: f64,
    frames_per_sec: f64,
}

/// Speeds that are offered.
pub const SPEEDS: [f32; 7] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];

impl Cursor {
    /// The start of a recording.
    pub fn new(frame_count: u32) -> Self {
        Self { frame: 0, frame_count, speed: 1.0, playing: None, direction: 1 }
    }

    fn last(&self) -> u32 {
        self.frame_count.saturating_sub(1)
    }

    /// Goes to a frame, or to the last one where there is none of that number, and stops playing.
    pub fn go_to(&mut self, frame: u32) {
        self.playing = None;
        let frame = frame.min(self.last());
        if frame != self.frame {
            self.direction = if frame < self.frame { -1 } else { 1 };
        }
        self.frame = frame;
    }

    /// Steps by frames.
    pub fn step(&mut self, by: i64) {
        let frame = (i64::from(self.frame) + by).clamp(0, i64::from(self.last()));
        self.go_to(frame as u32);
    }

    /// Whether it plays.
    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// Begins to play at `now_secs`, from the start where the end was reached; or stops.
    pub fn toggle_play(&mut self, fps: f64, now_secs: f64) {
        if self.playing.take().is_some() {
            return;
        }
        if self.frame == self.last() {
            self.frame = 0;
        }
        self.direction = 1;
        self.start(fps, now_secs);
    }

    /// Goes on playing from a frame at `now_secs`.
    pub fn play_from(&mut self, frame: u32, fps: f64, now_secs: f64) {
        self.frame = frame.min(self.last());
        self.start(fps, now_secs);
    }

    fn start(&mut self, fps: f64, now_secs: f64) {
        let frames_per_sec = fps * f64::from(self.speed);
        self.playing = Some(Playing { from_frame: self.frame, from_secs: now_secs, frames_per_sec });
    }

    /// Changes the speed, also while playing.
    pub fn set_speed(&mut self, speed: f32, fps: f64, now_secs: f64) {
        self.speed = speed.clamp(SPEEDS[0], SPEEDS[SPEEDS.len() - 1]);
        if self.is_playing() {
            self.start(fps, now_secs);
        }
    }

    /// Goes on playing; says whether the frame changed.
    pub fn advance(&mut self, now_secs: f64, pictures_are_there: bool) -> bool {
        let Some(playing) = self.playing.filter(|_| pictures_are_there) else { return false };
        let due = f64::from(playing.from_frame) + (now_secs - playing.from_secs).max(0.0) * playing.frames_per_sec;
        // A frame is due at its time, not a rounding error later.
        let frame = ((due + 1e-6) as u32).min(self.last());
        if frame == self.last() {
            self.playing = None;
        }
        let changed = frame != self.frame;
        self.frame = frame;
        changed
    }

    /// Seconds until the next frame is due, while playing.
    pub fn next_due_secs(&self, now_secs: f64) -> Option<f64> {
        let playing = self.playing?;
        let due = playing.from_secs + f64::from(self.frame + 1 - playing.from_frame) / playing.frames_per_sec;
        Some((due - now_secs).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stay_inside() {
        let mut cursor = Cursor::new(60);
        cursor.step(-3);
        assert_eq!(cursor.frame, 0);
        cursor.step(70);
        assert_eq!((cursor.frame, cursor.direction), (59, 1));
        cursor.step(-10);
        assert_eq!((cursor.frame, cursor.direction), (49, -1));
        cursor.go_to(u32::MAX);
        assert_eq!(cursor.frame, 59);
        let mut empty = Cursor::new(0);
        empty.step(1);
        assert_eq!(empty.frame, 0);
    }

    #[test]
    fn playing_waits_for_pictures_and_then_catches_up() {
        let mut cursor = Cursor::new(100);
        cursor.toggle_play(50.0, 10.0);
        assert!(!cursor.advance(10.001, true));
        assert!(cursor.advance(10.021, true) && cursor.frame == 1);
        assert!(!cursor.advance(10.2, false) && cursor.frame == 1, "the pictures are late");
        assert!(cursor.advance(10.2, true) && cursor.frame == 10);
        assert!((cursor.next_due_secs(10.2).unwrap() - 0.02).abs() < 1e-9);
        cursor.set_speed(2.0, 50.0, 10.2);
        assert!(cursor.advance(10.3, true) && cursor.frame == 20);
        cursor.advance(99.0, true);
        assert!(cursor.frame == 99 && !cursor.is_playing());
        cursor.toggle_play(50.0, 100.0);
        assert_eq!(cursor.frame, 0, "from the start again");
        cursor.step(1);
        assert!(!cursor.is_playing());
    }
}
