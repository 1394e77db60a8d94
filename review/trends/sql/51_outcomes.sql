-- One row per sitting and person who concluded on it, the last word of each:
--   outcome, rulebook, clauses   what was concluded, under which clauses (a list)
--   appeal                       upheld, lowered or lifted where it decided an appeal
--   author, role, decided_at     who, and when (UTC)
CREATE OR REPLACE VIEW outcomes AS
SELECT * FROM ledger_outcomes
QUALIFY row_number() OVER (
    PARTITION BY session_id, candidate_id, subject_id, author, appeal IS NULL
    ORDER BY decided_at DESC
) = 1;
