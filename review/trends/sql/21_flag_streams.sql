-- One row per flag and stream in which it was seen: keys, flag_id, label, family, detector, score,
-- length_s and
--   stream
CREATE OR REPLACE VIEW flag_streams AS
SELECT
    session_id, candidate_id, subject_id, flag_id, label, family, detector, score, length_s,
    unnest(streams) AS stream
FROM flags;
