-- A row in every table of schema 0008, for SQLite and PostgreSQL.
INSERT INTO subscribers
    ("id", "address", "folded", "state", "reason", "created_at", "confirmed_at", "last_day",
     "last_at", "schedule", "paused_from", "paused_until", "format", "overflow", "quiet")
VALUES
    (1, 'Anne@example.org', 'Anne@example.org', 'active', '', '2026-03-10 08:00:00.000000',
     '2026-03-10 08:00:00.000000', '2026-03-10', '2026-03-10 08:00:00.000000', NULL, '2026-03-10',
     '2026-03-10', 'html', 'titles', 'mail');
INSERT INTO profiles
    ("slug", "path", "text", "subscriber_id", "revision")
VALUES
    ('sparse', 'profiles.path', 'profiles.text', 1, 1);
INSERT INTO subscriptions
    ("subscriber_id", "profile", "since", "is_active")
VALUES
    (1, 'sparse', 1, true);
INSERT INTO consents
    ("id", "subscriber_id", "at", "act", "wording", "origin")
VALUES
    (1, 1, '2026-03-10 08:00:00.000000', 'confirmed', 'consents.wording', 'consents.origin');
INSERT INTO signups
    ("id", "subscriber_id", "mailbox", "at", "profile", "schedule", "wording", "origin",
     "is_named", "confirmed_at")
VALUES
    (1, 1, 'signups.mailbox', '2026-03-10 08:00:00.000000', 'signups.profile', NULL,
     'signups.wording', 'signups.origin', true, '2026-03-10 08:00:00.000000');
INSERT INTO proposals
    ("id", "subscriber_id", "at", "content", "done_at")
VALUES
    (1, 1, '2026-03-10 08:00:00.000000', '{"title": "kept"}', '2026-03-10 08:00:00.000000');
INSERT INTO suppressions
    ("mark", "reason", "at", "letters")
VALUES
    ('suppressions.mark', 'erased', '2026-03-10 08:00:00.000000', 1);
INSERT INTO bounces
    ("id", "subscriber_id", "at", "kind", "detail")
VALUES
    (1, 1, '2026-03-10 08:00:00.000000', 'soft', 'bounces.detail');
INSERT INTO incoming
    ("id", "mark", "at", "attempts", "outcome", "error", "data")
VALUES
    (1, 'incoming.mark', '2026-03-10 08:00:00.000000', 1, 'handled', 'incoming.error', NULL);
INSERT INTO answers
    ("id", "at", "mark", "is_doubted")
VALUES
    (1, '2026-03-10 08:00:00.000000', 'answers.mark', true);
INSERT INTO settings
    ("name", "value")
VALUES
    ('x-of-0008', 'settings.value');
INSERT INTO papers
    ("id", "edition", "key", "content")
VALUES
    (1, 'papers.edition', 'papers.key', '{"title": "kept"}');
INSERT INTO identities
    ("name", "key")
VALUES
    ('identities.name', 'identities.key');
INSERT INTO seen
    ("listing", "key", "version", "title", "first_day", "last_day", "is_withdrawn")
VALUES
    ('seen.listing', 'seen.key', 1, 'seen.title', '2026-03-10', '2026-03-10', true);
INSERT INTO snapshots
    ("id", "listing", "day", "taken_at", "verdict", "entries", "new", "revised", "seen", "late",
     "batch", "error", "since", "is_held", "skipped")
VALUES
    (1, 'snapshots.listing', '2026-03-10', '2026-03-10 08:00:00.000000', 'fresh', 1, 1, 1, 1, 1,
     '2026-03-10', 'snapshots.error', '2026-03-10', true, 1);
INSERT INTO changes
    ("id", "snapshot_id", "listing", "key", "kind", "detail")
VALUES
    (1, 1, 'changes.listing', 'changes.key', 'new', 'changes.detail');
INSERT INTO validators
    ("address", "validator")
VALUES
    ('validators.address', 'validators.validator');
INSERT INTO issues
    ("id", "subscriber_id", "day", "made_at", "content", "has_waiting")
VALUES
    (1, 1, '2026-03-10', '2026-03-10 08:00:00.000000', '{"title": "kept"}', true);
INSERT INTO sent
    ("subscriber_id", "key", "edition", "issue_id")
VALUES
    (1, 'sent.key', 'sent.edition', 1);
INSERT INTO deliveries
    ("id", "kind", "issue_id", "subscriber_id", "recipient", "subject", "data", "state",
     "attempts", "fence", "created_at", "not_before", "leased_until", "tried_at", "message_id",
     "error", "settled_at", "mailbox", "waited", "meaning")
VALUES
    (1, 'issue', 1, 1, '', 'deliveries.subject', NULL, 'sent', 1, 1, '2026-03-10 08:00:00.000000',
     '2026-03-10 08:00:00.000000', '2026-03-10 08:00:00.000000', '2026-03-10 08:00:00.000000',
     'deliveries.message_id', 'deliveries.error', '2026-03-10 08:00:00.000000',
     'deliveries.mailbox', 1, 'deliveries.meani');
INSERT INTO votes
    ("key", "day", "upvotes")
VALUES
    ('votes.key', '2026-03-10', 1);
INSERT INTO feedback
    ("subscriber_id", "key", "kind", "at")
VALUES
    (1, 'feedback.key', 'like', '2026-03-10 08:00:00.000000');
