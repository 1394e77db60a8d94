-- One row per problem with the evidence or its analysis: severity, code, stream, file, message.
CREATE OR REPLACE VIEW problems AS
SELECT * FROM raw_problems;
