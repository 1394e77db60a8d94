-- One row per sitting whose client log says what it ran on:
--   device    detail.device, else detail.model, else detail.os of the first such entry
--   network   detail.network, else detail.connection (wifi, wired, 4g, ...)
CREATE OR REPLACE VIEW equipment AS
SELECT
    session_id, candidate_id, subject_id,
    arg_min(device, device_s) FILTER (device IS NOT NULL) AS device,
    arg_min(network, device_s) FILTER (network IS NOT NULL) AS network
FROM (
    SELECT
        session_id, candidate_id, subject_id, device_s,
        coalesce(detail ->> '$.device', detail ->> '$.model', detail ->> '$.os') AS device,
        coalesce(detail ->> '$.network', detail ->> '$.connection') AS network
    FROM raw_events
    WHERE stream = 'events_client' AND type IN ('login', 'recording_start', 'network_up')
)
GROUP BY session_id, candidate_id, subject_id;
