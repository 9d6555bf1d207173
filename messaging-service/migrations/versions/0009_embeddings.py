"""What passages mean, as vectors."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    # Due: to be embedded, to be embedded anew, or to be forgotten, as the portal's settings say by then.
    op.execute("""
        ALTER TABLE kb_documents
            ADD COLUMN embedding_due_at timestamptz,
            ADD COLUMN embedding_error text NOT NULL DEFAULT ''
    """)
    op.execute("""
        CREATE INDEX kb_documents_embedding_due ON kb_documents (portal_id, embedding_due_at)
        WHERE embedding_due_at IS NOT NULL
    """)
    # Read by an exact scan of one portal's: an index over all would find the neighbours' first.
    op.execute("""
        CREATE TABLE kb_embeddings (
            portal_id uuid NOT NULL,
            document_id uuid NOT NULL,
            generation integer NOT NULL,
            place integer NOT NULL,
            model text NOT NULL,
            embedding halfvec NOT NULL,
            PRIMARY KEY (portal_id, document_id, generation, place),
            FOREIGN KEY (portal_id, document_id, generation, place)
                REFERENCES kb_chunks (portal_id, document_id, generation, place) ON DELETE CASCADE
        )
    """)
    op.execute("ALTER TABLE kb_embeddings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE kb_embeddings FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY own_portal ON kb_embeddings
        USING (portal_id = CAST(nullif(current_setting('tb.portal_id', true), '') AS uuid))
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
