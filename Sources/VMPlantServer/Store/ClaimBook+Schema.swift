import GRDB

extension ClaimBook {
    /// The tables of claims. A migration that was released is never changed.
    static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("claims-1") { database in
            try database.execute(
                sql: """
                    -- What a machine takes for as long as it holds resources.
                    CREATE TABLE claim (
                        machine TEXT PRIMARY KEY NOT NULL REFERENCES machine (id),
                        domain TEXT NOT NULL,
                        image TEXT NOT NULL,
                        memory INTEGER NOT NULL,  -- bytes
                        cpus INTEGER NOT NULL,
                        disk INTEGER NOT NULL     -- bytes
                    ) WITHOUT ROWID;
                    -- Places that are kept for machines to come.
                    CREATE TABLE reservation (
                        machine TEXT PRIMARY KEY NOT NULL,
                        bid TEXT NOT NULL,
                        digest TEXT NOT NULL,
                        domain TEXT NOT NULL,
                        memory INTEGER NOT NULL,
                        cpus INTEGER NOT NULL,
                        disk INTEGER NOT NULL,
                        boot TEXT NOT NULL,       -- of which boot `expires` is
                        expires INTEGER NOT NULL  -- milliseconds since then
                    ) WITHOUT ROWID;
                    -- A row while the plant takes no new machines.
                    CREATE TABLE cordon (
                        one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
                        since INTEGER NOT NULL,   -- milliseconds since 1970
                        reason TEXT NOT NULL
                    );
                    -- Machines of earlier versions say what they have in their attributes, in MiB.
                    INSERT INTO claim (machine, domain, image, memory, cpus, disk)
                    SELECT id, coalesce(json_extract(record, '$.domain'), ''),
                        coalesce(json_extract(record, '$.image'), ''),
                        coalesce(json_extract(record, '$.attributes.Memory'), 0) << 20,
                        coalesce(json_extract(record, '$.attributes.Cpus'), 0),
                        coalesce(json_extract(record, '$.attributes.Disk'), 0) << 20
                    FROM machine WHERE state NOT IN ('collected', 'failed');
                    """
            )
        }
        // Places count as the machines that they are for.
        migrator.registerMigration("claims-2") { database in
            try database.execute(sql: "ALTER TABLE reservation ADD COLUMN image TEXT NOT NULL DEFAULT ''")
        }
    }
}
