-- The label that a frame's residual comes from: its camera and keypoint; NULL where no run or edit measured it since.
ALTER TABLE frame_summary ADD COLUMN worst_camera INTEGER;
ALTER TABLE frame_summary ADD COLUMN worst_keypoint INTEGER;
