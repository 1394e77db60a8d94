-- One row per flag that people decided on, as it stands in the ledger:
--   flag_id, label, stream                 the flag; label and stream as they were decided on
--   verdict                                confirmed, dismissed or unsure
--   kind                                   decision, or own_flag where a person marked it
--   readers, disputed                      how many people, and whether they differ
--   family, detector                       detector is the label's own, empty where none flags it
--   decided_at                             when the reading that stands was written, UTC
-- readings has one row per reader and flag: verdict, blind, author, source, role, decided_at.
-- entries has one row per entry of the ledger: seq, at, author, role, kind and the keys.
CREATE OR REPLACE VIEW decisions AS
SELECT
    d.*,
    coalesce(families.family, 'thing') AS family,
    coalesce(f.detector, '') AS detector
FROM ledger_decisions AS d
LEFT JOIN families USING (label)
LEFT JOIN (SELECT label, mode(detector) AS detector FROM rollup GROUP BY label) AS f
    USING (label);
