-- One row per flag of a judged sitting: the columns of the table flags, and
--   length_s   end_s - start_s
--   family     presence, person, face, screen, recording, sound, place or thing
CREATE OR REPLACE VIEW flags AS
SELECT
    f.*,
    f.end_s - f.start_s AS length_s,
    coalesce(families.family, 'thing') AS family
FROM raw_flags AS f
LEFT JOIN families USING (label)
SEMI JOIN (SELECT * FROM sittings WHERE judged) AS s USING (session_id, candidate_id, subject_id);
