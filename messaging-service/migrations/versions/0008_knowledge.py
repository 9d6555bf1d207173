"""Documents, their passages, and what is left of them to take away."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE kb_documents (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            filename text NOT NULL,
            size bigint NOT NULL,
            sha256 bytea NOT NULL,
            uploaded_by bigint NOT NULL,
            state text NOT NULL DEFAULT 'uploaded',
            progress smallint NOT NULL DEFAULT 0,
            error_code text NOT NULL DEFAULT '',
            error_ru text NOT NULL DEFAULT '',
            error_en text NOT NULL DEFAULT '',
            content_type text NOT NULL DEFAULT '',
            title text NOT NULL DEFAULT '',
            language text NOT NULL DEFAULT '',
            pages integer,
            chunks integer NOT NULL DEFAULT 0,
            is_truncated boolean NOT NULL DEFAULT false,
            generation integer NOT NULL DEFAULT 0,
            attempts smallint NOT NULL DEFAULT 0,
            due_at timestamptz,
            lease_until timestamptz,
            lease_token uuid,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        )
    """)
    # The same bytes are one document.
    op.execute("CREATE UNIQUE INDEX kb_documents_same ON kb_documents (portal_id, sha256)")
    op.execute("CREATE INDEX kb_documents_due ON kb_documents (portal_id, due_at) WHERE due_at IS NOT NULL")
    op.execute("""
        CREATE TABLE kb_chunks (
            portal_id uuid NOT NULL,
            document_id uuid NOT NULL,
            generation integer NOT NULL,
            place integer NOT NULL,
            heading text[] NOT NULL,
            page integer,
            page_breaks integer[] NOT NULL,
            starts integer NOT NULL,
            ends integer NOT NULL,
            body text NOT NULL,
            PRIMARY KEY (portal_id, document_id, generation, place),
            FOREIGN KEY (portal_id, document_id) REFERENCES kb_documents (portal_id, id) ON DELETE CASCADE
        )
    """)
    # Whoever asks says for which portal first, and the database shows nothing of another, whatever the statement.
    op.execute("ALTER TABLE kb_chunks ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE kb_chunks FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY own_portal ON kb_chunks
        USING (portal_id = CAST(nullif(current_setting('tb.portal_id', true), '') AS uuid))
    """)
    # Moves with every change of what may be answered from.
    # Of one sequence: a portal that was purged and comes back must not meet what was kept under a number of old.
    op.execute("CREATE SEQUENCE kb_version_numbers")
    op.execute("CREATE TABLE kb_versions (portal_id uuid PRIMARY KEY, version bigint NOT NULL)")
    # Why an answer is what it is; named by the message that was answered.
    op.execute("""
        CREATE TABLE answer_explanations (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            kind text NOT NULL,
            detail jsonb NOT NULL,
            took_ms integer NOT NULL,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        ) PARTITION BY RANGE (id)
    """)
    op.execute("CREATE TABLE answer_explanations_default PARTITION OF answer_explanations DEFAULT")
    # Answers that a person wrote; `from_message_id`: the question that called for it.
    op.execute("""
        CREATE TABLE kb_curated (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            question text NOT NULL,
            answer text NOT NULL,
            from_message_id uuid,
            created_by bigint NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        )
    """)
    op.execute("CREATE INDEX kb_curated_from ON kb_curated (portal_id, from_message_id)")
    # What people thought of answers.
    op.execute("""
        CREATE TABLE feedback (
            portal_id uuid NOT NULL,
            provider_message_id bigint NOT NULL,
            user_id bigint NOT NULL,
            reaction text NOT NULL,
            is_bad boolean NOT NULL,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, provider_message_id, user_id, reaction)
        )
    """)
    op.execute("CREATE INDEX feedback_bad ON feedback (portal_id, created_at) WHERE is_bad")
    op.execute(
        "CREATE INDEX explanations_not_found ON answer_explanations (portal_id, id) WHERE kind = 'not_found'"
    )
    # How portals are answered; the nil portal: everybody.
    op.execute("""
        CREATE TABLE answer_settings (
            portal_id uuid PRIMARY KEY,
            settings jsonb NOT NULL,
            api_key bytea NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    # Files in the storage that no document needs, from a moment on.
    op.execute("""
        CREATE TABLE kb_garbage (
            portal_id uuid NOT NULL,
            document_id uuid NOT NULL,
            due_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, document_id)
        )
    """)
    # However a document goes, by a person, with its portal: its file goes too.
    op.execute("""
        CREATE FUNCTION kb_discard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO kb_garbage (portal_id, document_id, due_at) SELECT portal_id, id, now() FROM gone
            ON CONFLICT (portal_id, document_id) DO UPDATE SET due_at = excluded.due_at;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER kb_documents_discard AFTER DELETE ON kb_documents
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION kb_discard()
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
