-- One row per judged sitting: risk (0 to 100), unseen (0 to 1), reasons.
CREATE OR REPLACE VIEW scores AS
SELECT c.*
FROM raw_scores AS c
SEMI JOIN (SELECT * FROM sittings WHERE judged) AS s USING (session_id, candidate_id, subject_id);
