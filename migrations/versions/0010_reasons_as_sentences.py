"""The reason of an acquisition's end as sentences with data, for each reader's language; old text stays as it was told.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep text as a JSON string; an empty one says nothing."""
    op.alter_column("acquisition", "reason", type_=JSONB(), postgresql_using="to_jsonb(nullif(reason, ''))")


def downgrade() -> None:
    """Join sentences to English text, as older versions kept it."""
    op.execute(
        """
        CREATE FUNCTION pg_temp.plain(told jsonb) RETURNS text LANGUAGE plpgsql STRICT AS $$
        DECLARE
            said text := '';
            one jsonb;
            sentence text;
            place record;
        BEGIN
            IF jsonb_typeof(told) = 'string' THEN RETURN told #>> '{}'; END IF;
            FOR one IN SELECT jsonb_array_elements(told) LOOP
                IF jsonb_typeof(one) = 'string' THEN
                    sentence := one #>> '{}';
                ELSE
                    sentence := one ->> 'id';
                    FOR place IN SELECT key, value FROM jsonb_each_text(one -> 'data') LOOP
                        sentence := replace(sentence, '%(' || place.key || ')s', place.value);
                    END LOOP;
                END IF;
                said := said || ' ' || sentence;
            END LOOP;
            RETURN trim(said);
        END $$
        """
    )
    op.alter_column("acquisition", "reason", type_=sa.Text(), postgresql_using="pg_temp.plain(reason)")
