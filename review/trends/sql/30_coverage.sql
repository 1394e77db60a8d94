-- One row per stretch of a stream's state within the judged window: the columns of the table
-- coverage, cut to the window, and
--   length_s   end_s - start_s
CREATE OR REPLACE VIEW coverage AS
SELECT
    c.session_id, c.candidate_id, c.subject_id, c.stream, c.state,
    greatest(c.start_s, s.window_start_s) AS start_s,
    least(c.end_s, s.window_end_s) AS end_s,
    least(c.end_s, s.window_end_s) - greatest(c.start_s, s.window_start_s) AS length_s
FROM raw_coverage AS c
JOIN (SELECT * FROM sittings WHERE judged) AS s USING (session_id, candidate_id, subject_id)
WHERE least(c.end_s, s.window_end_s) > greatest(c.start_s, s.window_start_s);
