-- One row per flag that people decided on, as it stands in the ledger:
--   flag_id, label, stream                 the flag; label and stream as they were decided on
--   verdict                                confirmed, dismissed or unsure
--   kind                                   decision, or own_flag where a person marked it
--   readers, disputed                      how many people, and whether they differ
--   family, detector                       detector is empty where the flag is no longer found
--   decided_at                             when the reading that stands was written, UTC
CREATE OR REPLACE VIEW decisions AS
SELECT
    d.*,
    coalesce(families.family, 'thing') AS family,
    coalesce(f.detector, '') AS detector
FROM ledger_decisions AS d
LEFT JOIN families USING (label)
LEFT JOIN (
    SELECT session_id, candidate_id, subject_id, flag_id, detector FROM raw_flags
) AS f USING (session_id, candidate_id, subject_id, flag_id);
