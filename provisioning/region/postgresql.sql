-- The region's database and its user. Again as often as you like:
--   runuser -u postgres -- psql -f /opt/tram/provisioning/region/postgresql.sql
-- No password: on its own machine the server knows the user by the system's word (peer).
-- https://www.postgresql.org/docs/current/auth-peer.html
\set ON_ERROR_STOP on

SELECT 'CREATE ROLE "tram-monitor" LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tram-monitor')
\gexec

SELECT 'CREATE DATABASE tram OWNER "tram-monitor" TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tram')
\gexec

REVOKE ALL ON DATABASE tram FROM PUBLIC;
