-- The schema as all migrations make it, for reading. The migrations in migrations/ are what makes a
-- database; `npm run docs:schema` writes this file, and `npm test` fails where it differs from them.
-- Everything belongs to the role that migrates; mira_app stands for the role that the service runs as.

CREATE OR REPLACE FUNCTION public.announce_session_revocation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        token_hash text;
        user_id uuid;
      BEGIN
        IF TG_LEVEL = 'ROW' AND TG_TABLE_NAME = 'users' THEN
          user_id := OLD.id;
        ELSIF TG_LEVEL = 'ROW' THEN
          token_hash := OLD.session_token_hash;
        END IF;
        EXECUTE format(
          'INSERT INTO %I.session_revocations (session_token_hash, user_id) VALUES ($1, $2)',
          TG_TABLE_SCHEMA) USING token_hash, user_id;
        PERFORM pg_notify('mira_session_revocations', '');
        RETURN NULL;
      END
      $function$;
REVOKE ALL ON FUNCTION announce_session_revocation() FROM PUBLIC;

CREATE OR REPLACE FUNCTION public.end_sessions_of_refused_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        EXECUTE format(
          'UPDATE %I.user_sessions
              SET is_active = false, revoked_at = now(), revoked_reason = $1
            WHERE user_id = $2 AND is_active AND expires_at > now()',
          TG_TABLE_SCHEMA)
          USING CASE WHEN NEW.is_active THEN 'account_locked' ELSE 'account_disabled' END, NEW.id;
        RETURN NULL;
      END
      $function$;
REVOKE ALL ON FUNCTION end_sessions_of_refused_user() FROM PUBLIC;

CREATE OR REPLACE FUNCTION public.part_from_deleted_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        EXECUTE format(
          'DELETE FROM %1$I.subjects subject
            WHERE id IN (SELECT subject_id FROM %1$I.security_events
                          WHERE user_id = $1 AND subject_id IS NOT NULL)
              AND NOT EXISTS (SELECT FROM %1$I.security_events event
                                JOIN %1$I.users other ON other.id = event.user_id
                               WHERE event.subject_id = subject.id)',
          TG_TABLE_SCHEMA) USING OLD.id;
        RETURN NULL;
      END
      $function$;
REVOKE ALL ON FUNCTION part_from_deleted_user() FROM PUBLIC;

CREATE OR REPLACE FUNCTION public.refuse_trail_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        RAISE EXCEPTION 'the audit trail is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
          USING ERRCODE = 'insufficient_privilege';
      END
      $function$;

CREATE TABLE code_lockouts (
  key character varying(64) NOT NULL,
  wrong_codes integer NOT NULL DEFAULT 0,
  locked_until timestamp with time zone,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT code_lockouts_pkey PRIMARY KEY (key),
  CONSTRAINT code_lockouts_wrong_codes_check CHECK (wrong_codes >= 0)
);
CREATE INDEX code_lockouts_updated_at_idx ON code_lockouts USING btree (updated_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON code_lockouts TO mira_app;

CREATE TABLE magic_links (
  id uuid NOT NULL,
  user_id uuid,
  email character varying(320) NOT NULL,
  token_hash character varying(128) NOT NULL,
  ip_address inet NOT NULL,
  user_agent text,
  device_fingerprint character varying(128),
  attempt_count integer NOT NULL DEFAULT 0,
  is_used boolean NOT NULL DEFAULT false,
  expires_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now(),
  used_at timestamp with time zone,
  tenant_id character varying(100) NOT NULL DEFAULT 'default'::character varying,
  client_network cidr NOT NULL,
  key_id character varying(32) NOT NULL,
  superseded_at timestamp with time zone,
  redirect_to character varying(2048),
  locale character varying(35),
  device_kind character varying(20),
  device_secret character varying(128),
  device_id uuid,
  reported_at timestamp with time zone,
  CONSTRAINT magic_links_pkey PRIMARY KEY (id),
  CONSTRAINT magic_links_token_hash_key UNIQUE (token_hash),
  CONSTRAINT magic_links_attempt_count_check CHECK (attempt_count >= 0),
  CONSTRAINT magic_links_created_at_check CHECK (created_at IS NOT NULL),
  CONSTRAINT magic_links_device_check CHECK ((NOT device_kind::text IS DISTINCT FROM 'secret'::text) = (device_secret IS NOT NULL)) NOT VALID,
  CONSTRAINT magic_links_used_check CHECK (is_used = (used_at IS NOT NULL))
);
CREATE INDEX magic_links_expires_at_idx ON magic_links USING btree (is_used, expires_at);
CREATE INDEX magic_links_live_idx ON magic_links USING btree (tenant_id, email)
  WHERE NOT is_used AND superseded_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON magic_links TO mira_app;

CREATE TABLE mail_pauses (
  mailbox character varying(64) NOT NULL,
  network character varying(64) NOT NULL,
  links integer NOT NULL DEFAULT 1,
  paused_until timestamp with time zone NOT NULL,
  CONSTRAINT mail_pauses_pkey PRIMARY KEY (mailbox, network),
  CONSTRAINT mail_pauses_links_check CHECK (links > 0)
);
CREATE INDEX mail_pauses_paused_until_idx ON mail_pauses USING btree (paused_until);
GRANT SELECT, INSERT, UPDATE, DELETE ON mail_pauses TO mira_app;

CREATE TABLE mira_auth_migrations (
  id serial NOT NULL,
  "timestamp" bigint NOT NULL,
  name character varying NOT NULL,
  CONSTRAINT "PK_3c44f4e7625a02d888a88389f85" PRIMARY KEY (id)
);
GRANT SELECT ON mira_auth_migrations TO mira_app;

CREATE TABLE rate_limits (
  key character varying(64) NOT NULL,
  accepted_at timestamp with time zone[] NOT NULL DEFAULT '{}'::timestamp with time zone[],
  refused_at timestamp with time zone,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT rate_limits_pkey PRIMARY KEY (key)
);
ALTER TABLE rate_limits ALTER COLUMN accepted_at SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO mira_app;

CREATE TABLE security_event_personal (
  event_id uuid NOT NULL,
  salt bytea NOT NULL,
  ip_address inet,
  user_agent text,
  CONSTRAINT security_event_personal_pkey PRIMARY KEY (event_id),
  CONSTRAINT security_event_personal_salt_check CHECK (octet_length(salt) = 16)
);
GRANT SELECT, INSERT, DELETE ON security_event_personal TO mira_app;

CREATE TABLE security_events (
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id uuid NOT NULL,
  type character varying(50) NOT NULL,
  severity character varying(20) NOT NULL,
  occurred_at timestamp with time zone NOT NULL DEFAULT now(),
  tenant_id character varying(100) NOT NULL DEFAULT 'default'::character varying,
  subject_id uuid,
  user_id uuid,
  session_id uuid,
  magic_link_id uuid,
  request_id character varying(64),
  reason character varying(50),
  details jsonb NOT NULL DEFAULT '{}'::jsonb,
  personal_hash character varying(64),
  CONSTRAINT security_events_pkey PRIMARY KEY (seq),
  CONSTRAINT security_events_id_key UNIQUE (id),
  CONSTRAINT security_events_severity_check CHECK (severity::text = ANY (ARRAY['info'::character varying, 'warning'::character varying, 'critical'::character varying]::text[]))
);
CREATE INDEX security_events_subject_id_idx ON security_events USING btree (subject_id, seq);
CREATE INDEX security_events_user_id_idx ON security_events USING btree (user_id, seq);
CREATE TRIGGER security_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON security_events FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_trail_change();
ALTER TABLE security_events ENABLE ALWAYS TRIGGER security_events_append_only;
GRANT SELECT, INSERT ON security_events TO mira_app;

CREATE TABLE session_revocations (
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
  revoked_at timestamp with time zone NOT NULL DEFAULT now(),
  session_token_hash character varying(128),
  user_id uuid,
  CONSTRAINT session_revocations_pkey PRIMARY KEY (seq)
);
CREATE INDEX session_revocations_xact_idx ON session_revocations USING btree (xact);
GRANT SELECT, DELETE ON session_revocations TO mira_app;

CREATE TABLE subjects (
  id uuid NOT NULL,
  tenant_id character varying(100) NOT NULL DEFAULT 'default'::character varying,
  address_digest character varying(128) NOT NULL,
  key_id character varying(32) NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT subjects_pkey PRIMARY KEY (id),
  CONSTRAINT subjects_tenant_id_address_digest_key UNIQUE (tenant_id, address_digest)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON subjects TO mira_app;

CREATE TABLE users (
  id uuid NOT NULL,
  email character varying(320) NOT NULL,
  tenant_id character varying(100) NOT NULL DEFAULT 'default'::character varying,
  is_active boolean NOT NULL DEFAULT true,
  email_verified boolean NOT NULL DEFAULT false,
  failed_login_count integer NOT NULL DEFAULT 0,
  account_locked_until timestamp with time zone,
  trusted_device_ids character varying[] NOT NULL DEFAULT '{}'::character varying[],
  known_ip_addresses inet[] NOT NULL DEFAULT '{}'::inet[],
  security_flags jsonb NOT NULL DEFAULT '{}'::jsonb,
  user_metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone DEFAULT now(),
  updated_at timestamp with time zone,
  last_login_at timestamp with time zone,
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_email_key UNIQUE (email),
  CONSTRAINT users_tenant_id_email_key UNIQUE (tenant_id, email),
  CONSTRAINT users_created_at_check CHECK (created_at IS NOT NULL),
  CONSTRAINT users_email_check CHECK (email::text = lower(email::text) AND email::text ~~ '_%@_%'::text),
  CONSTRAINT users_failed_login_count_check CHECK (failed_login_count >= 0)
);
CREATE TRIGGER users_announce_delete AFTER DELETE ON users FOR EACH ROW
  EXECUTE FUNCTION announce_session_revocation();
ALTER TABLE users ENABLE ALWAYS TRIGGER users_announce_delete;
CREATE TRIGGER users_announce_update AFTER UPDATE ON users FOR EACH ROW
  WHEN (old.id IS DISTINCT FROM new.id
    OR old.email::text IS DISTINCT FROM new.email::text
    OR old.tenant_id::text IS DISTINCT FROM new.tenant_id::text
    OR old.is_active IS DISTINCT FROM new.is_active
    OR old.email_verified IS DISTINCT FROM new.email_verified
    OR old.account_locked_until IS DISTINCT FROM new.account_locked_until
    OR old.created_at IS DISTINCT FROM new.created_at)
  EXECUTE FUNCTION announce_session_revocation();
ALTER TABLE users ENABLE ALWAYS TRIGGER users_announce_update;
CREATE TRIGGER users_end_sessions AFTER UPDATE ON users FOR EACH ROW
  WHEN ((NOT new.is_active OR new.account_locked_until > now())
    AND (old.is_active IS DISTINCT FROM new.is_active
    OR old.account_locked_until IS DISTINCT FROM new.account_locked_until))
  EXECUTE FUNCTION end_sessions_of_refused_user();
ALTER TABLE users ENABLE ALWAYS TRIGGER users_end_sessions;
CREATE TRIGGER users_part_from_subject AFTER DELETE ON users FOR EACH ROW
  EXECUTE FUNCTION part_from_deleted_user();
ALTER TABLE users ENABLE ALWAYS TRIGGER users_part_from_subject;
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO mira_app;

CREATE TABLE devices (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  digest character varying(128) NOT NULL,
  first_seen_at timestamp with time zone NOT NULL DEFAULT now(),
  last_seen_at timestamp with time zone NOT NULL DEFAULT now(),
  forgotten_at timestamp with time zone,
  forgotten_by uuid,
  CONSTRAINT devices_pkey PRIMARY KEY (id),
  CONSTRAINT devices_user_id_digest_key UNIQUE (user_id, digest),
  CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  CONSTRAINT devices_forgotten_check CHECK (forgotten_by IS NULL OR forgotten_at IS NOT NULL)
);
CREATE INDEX devices_last_seen_at_idx ON devices USING btree (last_seen_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON devices TO mira_app;

CREATE TABLE mail_outbox (
  id uuid NOT NULL,
  kind character varying(50) NOT NULL,
  magic_link_id uuid,
  user_id uuid,
  event_id uuid,
  locale character varying(35),
  key_id character varying(32) NOT NULL,
  state character varying(20) NOT NULL DEFAULT 'pending'::character varying,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamp with time zone NOT NULL DEFAULT now(),
  leased_until timestamp with time zone,
  last_error text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT mail_outbox_pkey PRIMARY KEY (id),
  CONSTRAINT mail_outbox_magic_link_id_fkey FOREIGN KEY (magic_link_id) REFERENCES magic_links(id) ON DELETE CASCADE,
  CONSTRAINT mail_outbox_recipient_check CHECK (num_nonnulls(magic_link_id, user_id) = 1),
  CONSTRAINT mail_outbox_state_check CHECK (state::text = ANY (ARRAY['pending'::character varying, 'sent'::character varying, 'expired'::character varying, 'cancelled'::character varying, 'dead'::character varying]::text[]))
);
CREATE INDEX mail_outbox_ended_idx ON mail_outbox USING btree (updated_at)
  WHERE state::text <> 'pending'::text;
CREATE INDEX mail_outbox_pending_idx ON mail_outbox USING btree (next_attempt_at)
  WHERE state::text = 'pending'::text;
CREATE UNIQUE INDEX mail_outbox_one_per_link ON mail_outbox USING btree (magic_link_id, kind)
  WHERE magic_link_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON mail_outbox TO mira_app;

CREATE TABLE user_sessions (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  session_token_hash character varying(128) NOT NULL,
  ip_address inet NOT NULL,
  user_agent text NOT NULL,
  device_fingerprint character varying(128),
  device_name character varying(200),
  auth_method character varying(50) NOT NULL,
  remember_device boolean NOT NULL DEFAULT false,
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamp with time zone DEFAULT now(),
  last_accessed_at timestamp with time zone DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  tenant_id character varying(100) NOT NULL DEFAULT 'default'::character varying,
  magic_link_id uuid,
  key_id character varying(32) NOT NULL,
  revoked_at timestamp with time zone,
  revoked_reason character varying(50),
  device_kind character varying(20),
  device_secret character varying(128),
  device_id uuid,
  device_was_known boolean,
  last_ip_address inet,
  last_user_agent text,
  network_changed_at timestamp with time zone,
  CONSTRAINT user_sessions_pkey PRIMARY KEY (id),
  CONSTRAINT user_sessions_magic_link_id_key UNIQUE (magic_link_id),
  CONSTRAINT user_sessions_session_token_hash_key UNIQUE (session_token_hash),
  CONSTRAINT user_sessions_magic_link_id_fkey FOREIGN KEY (magic_link_id) REFERENCES magic_links(id),
  CONSTRAINT user_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  CONSTRAINT user_sessions_device_check CHECK ((NOT device_kind::text IS DISTINCT FROM 'secret'::text) = (device_secret IS NOT NULL)) NOT VALID,
  CONSTRAINT user_sessions_revoked_check CHECK (revoked_at IS NULL OR NOT is_active),
  CONSTRAINT user_sessions_times_check CHECK (created_at IS NOT NULL AND last_accessed_at IS NOT NULL)
);
CREATE INDEX user_sessions_expires_at_idx ON user_sessions USING btree (expires_at);
CREATE INDEX user_sessions_user_id_idx ON user_sessions USING btree (user_id, created_at);
CREATE TRIGGER user_sessions_announce_delete AFTER DELETE ON user_sessions FOR EACH ROW
  WHEN (old.is_active
    AND old.expires_at > now())
  EXECUTE FUNCTION announce_session_revocation();
ALTER TABLE user_sessions ENABLE ALWAYS TRIGGER user_sessions_announce_delete;
CREATE TRIGGER user_sessions_announce_truncate AFTER TRUNCATE ON user_sessions FOR EACH STATEMENT
  EXECUTE FUNCTION announce_session_revocation();
ALTER TABLE user_sessions ENABLE ALWAYS TRIGGER user_sessions_announce_truncate;
CREATE TRIGGER user_sessions_announce_update AFTER UPDATE ON user_sessions FOR EACH ROW
  WHEN (old.last_accessed_at > new.last_accessed_at
    OR old.id IS DISTINCT FROM new.id
    OR old.user_id IS DISTINCT FROM new.user_id
    OR old.session_token_hash::text IS DISTINCT FROM new.session_token_hash::text
    OR old.ip_address IS DISTINCT FROM new.ip_address
    OR old.user_agent IS DISTINCT FROM new.user_agent
    OR old.device_fingerprint::text IS DISTINCT FROM new.device_fingerprint::text
    OR old.device_name::text IS DISTINCT FROM new.device_name::text
    OR old.auth_method::text IS DISTINCT FROM new.auth_method::text
    OR old.remember_device IS DISTINCT FROM new.remember_device
    OR old.is_active IS DISTINCT FROM new.is_active
    OR old.created_at IS DISTINCT FROM new.created_at
    OR old.expires_at IS DISTINCT FROM new.expires_at
    OR old.tenant_id::text IS DISTINCT FROM new.tenant_id::text
    OR old.key_id::text IS DISTINCT FROM new.key_id::text
    OR old.device_kind::text IS DISTINCT FROM new.device_kind::text
    OR old.device_secret::text IS DISTINCT FROM new.device_secret::text)
  EXECUTE FUNCTION announce_session_revocation();
ALTER TABLE user_sessions ENABLE ALWAYS TRIGGER user_sessions_announce_update;
GRANT SELECT, INSERT, UPDATE, DELETE ON user_sessions TO mira_app;

GRANT USAGE ON SCHEMA public TO mira_app;
