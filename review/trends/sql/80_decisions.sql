-- One row per flag that people decided on, as it stands in the ledger:
--   flag_id, label, stream                 the flag; label and stream as they were decided on
--   verdict                                confirmed, dismissed or unsure
--   kind                                   decision, or own_flag where a person marked it
--   readers, disputed                      how many people, and whether they differ
--   family, detector                       detector is the label's own, empty where none flags it
--   decided_at                             when the reading that stands was written, UTC
-- readings has one row per reader and flag: verdict, blind, author, source, role, decided_at.
-- entries has one row per entry of the ledger: seq, at, author, role, kind and the keys.
-- Which detector flags a label is looked up once, when the database is opened: it is the same for
-- years, and the roll-up is large.
CREATE TEMP TABLE label_detectors AS
SELECT label, mode(detector) AS detector FROM rollup
WHERE label IN (SELECT label FROM ledger_decisions) GROUP BY label;
CREATE OR REPLACE VIEW decisions AS
SELECT
    d.*,
    coalesce(families.family, 'thing') AS family,
    coalesce(f.detector, '') AS detector
FROM ledger_decisions AS d
LEFT JOIN families USING (label)
LEFT JOIN label_detectors AS f USING (label);
