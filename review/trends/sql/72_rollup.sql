-- rollup_sittings and rollup as they are queried: the stored tables of the sessions whose roll-up is
-- as new as what it was made from, and for all other sessions what their tables give now.
CREATE OR REPLACE VIEW rollup_sittings AS
SELECT * FROM stored_rollup_sittings
UNION ALL BY NAME
SELECT * FROM made_rollup_sittings WHERE session_id NOT IN (SELECT session_id FROM rolled);
CREATE OR REPLACE VIEW rollup AS
SELECT * FROM stored_rollup
UNION ALL BY NAME
SELECT * FROM made_rollup WHERE session_id NOT IN (SELECT session_id FROM rolled);
