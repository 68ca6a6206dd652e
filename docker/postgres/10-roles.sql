-- The two roles and the database of every installation (docs/options.md, "Database"). The
-- PostgreSQL image runs this once, as its superuser, when its volume is still empty. After that the
-- `migrate` service creates the schema and grants mira_app what it needs.

-- Passwords come from the environment of the container. If a statement fails, the server's log must
-- not repeat them.
\getenv admin_password AUTH_DB_ADMIN_PASSWORD
\getenv app_password AUTH_DB_PASSWORD
SET log_statement = 'none';
SET log_min_error_statement = 'panic';

-- Owns the schema and migrates it. The running service does not have its password.
CREATE ROLE mira_admin LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  PASSWORD :'admin_password';

-- Runs the service.
CREATE ROLE mira_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  PASSWORD :'app_password';

CREATE DATABASE auth_db OWNER mira_admin;
REVOKE CONNECT, TEMPORARY ON DATABASE auth_db FROM PUBLIC;
GRANT CONNECT ON DATABASE auth_db TO mira_app;

-- Neither role needs any other database.
REVOKE CONNECT, TEMPORARY ON DATABASE postgres FROM PUBLIC;
REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;
