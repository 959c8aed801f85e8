package boxcar.runtime;

import static boxcar.jooq.Tables.CATALOGUE_POSITION;
import static boxcar.jooq.Tables.REMOVAL;
import static boxcar.jooq.Tables.RUNTIME;

import boxcar.job.Catalogue;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import boxcar.job.LanguageRuntime;
import boxcar.job.LanguageRuntime.State;
import boxcar.job.RuntimeDefinition;
import boxcar.jooq.tables.records.RuntimeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalogue in SQLite, with all of it cached: there are tens or hundreds of runtimes, and every
 * job asks. What is followed is written with its position in one transaction, so that after a crash
 * the log is followed from just there.
 */
final class SqlCatalogue implements Catalogue {
    private static final Logger LOG = LoggerFactory.getLogger(SqlCatalogue.class);
    private static final long ONLY_ROW = 1;

    /** Above the time for which a broker that restarts is away. */
    private static final Duration FOLLOWING = Duration.ofMinutes(1);

    private final Database database;
    private final Map<Long, LanguageRuntime> byId = new ConcurrentHashMap<>();
    private final Map<String, Long> idByName = new ConcurrentHashMap<>();
    private final LogPosition followed;
    private Listener listener = new Listener() {};

    SqlCatalogue(Database database) throws Fault {
        this(database, FOLLOWING);
    }

    /**
     * @param patience with a log that is not followed
     */
    SqlCatalogue(Database database, Duration patience) throws Fault {
        this.database = database;
        for (RuntimeRecord row : database.read(sql -> sql.selectFrom(RUNTIME).fetch())) {
            cache(read(row));
        }
        Long position =
                database.read(sql ->
                        sql.select(CATALOGUE_POSITION.NEXT_OFFSET)
                                .from(CATALOGUE_POSITION)
                                .fetchOne(0, Long.class));
        this.followed = new LogPosition(position == null ? 0 : position, patience);
    }

    /** Hears of changes, on the thread that follows the log; must be quick. */
    interface Listener {
        default void installed(LanguageRuntime runtime) {}

        default void removed(long id) {}
    }

    void tell(Listener hears) {
        this.listener = hears;
    }

    @Override
    public Optional<LanguageRuntime> find(long id) {
        return Optional.ofNullable(byId.get(id));
    }

    @Override
    public Optional<LanguageRuntime> find(String name) {
        return Optional.ofNullable(idByName.get(name)).map(byId::get);
    }

    @Override
    public List<LanguageRuntime> list() {
        return byId.values().stream()
                .sorted(Comparator.comparingLong(LanguageRuntime::id))
                .toList();
    }

    @Override
    public long position(LogIdentity log) throws Fault {
        var known = database.read(sql -> sql.selectFrom(CATALOGUE_POSITION).fetchOptional());
        if (known.isPresent()
                && known.get().getCluster().equals(log.cluster())
                && known.get().getTopicId().equals(log.topicId())) {
            return known.get().getNextOffset();
        }
        if (known.isPresent()) {
            LOG.warn(
                    "the catalogue's log is another one than before (topic {} of cluster {}): the {} runtimes"
                            + " of the old one are forgotten",
                    log.topicId(),
                    log.cluster(),
                    byId.size());
        }
        startOver(log);
        return 0;
    }

    private void startOver(LogIdentity log) throws Fault {
        List<Long> gone = List.copyOf(byId.keySet());
        database.write(sql -> {
            sql.deleteFrom(RUNTIME).execute();
            sql.deleteFrom(REMOVAL).execute();
            sql.deleteFrom(CATALOGUE_POSITION).execute();
            return sql.insertInto(CATALOGUE_POSITION)
                    .values(ONLY_ROW, log.cluster(), log.topicId(), 0L)
                    .execute();
        });
        byId.clear();
        idByName.clear();
        followed.advance(0);
        gone.forEach(listener::removed);
    }

    @Override
    public void follow(long offset, CatalogueRecord entry) throws Fault {
        if (offset < followed.next()) {
            return;
        }
        switch (entry) {
            case CatalogueRecord.Installed installed -> install(offset, installed);
            case CatalogueRecord.Removed removed -> remove(offset, removed);
        }
        followed.advance(offset + 1);
    }

    private void install(long offset, CatalogueRecord.Installed entry) throws Fault {
        if (idByName.containsKey(entry.definition().name())) {
            LOG.info(
                    "runtime '{}' at offset {} is passed over: the name was taken first by runtime {}",
                    entry.definition().name(),
                    offset,
                    idByName.get(entry.definition().name()));
            skipTo(offset + 1);
            return;
        }
        LanguageRuntime runtime =
                new LanguageRuntime(
                        offset,
                        entry.definition(),
                        State.PENDING,
                        entry.digest(),
                        entry.jobId(),
                        entry.installedAt(),
                        null);
        database.write(sql -> {
            insert(sql, runtime);
            return moveTo(sql, offset + 1);
        });
        cache(runtime);
        listener.installed(runtime);
    }

    private void remove(long offset, CatalogueRecord.Removed entry) throws Fault {
        database.write(sql -> {
            sql.insertInto(REMOVAL)
                    .values(entry.jobId(), entry.runtimeId(), entry.name())
                    .onConflictDoNothing()
                    .execute();
            sql.deleteFrom(RUNTIME).where(RUNTIME.ID.eq(entry.runtimeId())).execute();
            return moveTo(sql, offset + 1);
        });
        LanguageRuntime gone = byId.remove(entry.runtimeId());
        if (gone != null) {
            idByName.remove(gone.name());
            listener.removed(gone.id());
        }
    }

    @Override
    public void skip(long offset) throws Fault {
        if (offset >= followed.next()) {
            skipTo(offset + 1);
            followed.advance(offset + 1);
        }
    }

    private void skipTo(long offset) throws Fault {
        database.write(sql -> moveTo(sql, offset));
    }

    private static int moveTo(DSLContext sql, long offset) {
        return sql.update(CATALOGUE_POSITION).set(CATALOGUE_POSITION.NEXT_OFFSET, offset).execute();
    }

    @Override
    public Optional<CatalogueRecord.Removed> removedBy(String jobId) throws Fault {
        return database.read(sql ->
                sql.selectFrom(REMOVAL)
                        .where(REMOVAL.JOB_ID.eq(jobId))
                        .fetchOptional(row ->
                                new CatalogueRecord.Removed(
                                        row.getRuntimeId(), row.getName(), row.getJobId())));
    }

    @Override
    public void awaitFollowed(long nextOffset) throws Fault, InterruptedException {
        followed.await(nextOffset);
    }

    /** Says how far this host is with a runtime; nothing happens if it was removed meanwhile. */
    void say(long id, State state, @Nullable String fault) throws Fault {
        LanguageRuntime known = byId.get(id);
        if (known == null) {
            return;
        }
        database.write(sql ->
                sql.update(RUNTIME)
                        .set(RUNTIME.STATE, state.name())
                        .set(RUNTIME.FAULT, fault)
                        .where(RUNTIME.ID.eq(id))
                        .execute());
        byId.computeIfPresent(
                id,
                (_, runtime) ->
                        new LanguageRuntime(
                                id,
                                runtime.definition(),
                                state,
                                runtime.digest(),
                                runtime.jobId(),
                                runtime.createdAt(),
                                fault));
    }

    private void cache(LanguageRuntime runtime) {
        byId.put(runtime.id(), runtime);
        idByName.put(runtime.name(), runtime.id());
    }

    private static void insert(DSLContext sql, LanguageRuntime runtime) {
        RuntimeDefinition definition = runtime.definition();
        sql.insertInto(RUNTIME)
                .set(RUNTIME.ID, runtime.id())
                .set(RUNTIME.NAME, definition.name())
                .set(RUNTIME.SOURCE_FILE_NAME, definition.sourceFileName())
                .set(RUNTIME.KIND, "NIX")
                .set(RUNTIME.STATE, runtime.state().name())
                .set(RUNTIME.DIGEST, runtime.digest())
                .set(RUNTIME.NIX_SHELL, definition.nixShell())
                .set(RUNTIME.COMPILE_SCRIPT, definition.compileScript())
                .set(RUNTIME.RUN_SCRIPT, definition.runScript())
                .set(RUNTIME.LIMITS, LimitsText.write(definition.limits()))
                .set(RUNTIME.JOB_ID, runtime.jobId())
                .set(RUNTIME.CREATED_AT, runtime.createdAt().toEpochMilli())
                .execute();
    }

    private static LanguageRuntime read(RuntimeRecord row) {
        RuntimeDefinition definition =
                new RuntimeDefinition(
                        row.getName(),
                        row.getSourceFileName(),
                        row.getNixShell(),
                        row.getCompileScript(),
                        row.getRunScript(),
                        LimitsText.read(row.getLimits()));
        return new LanguageRuntime(
                row.getId(),
                definition,
                State.valueOf(row.getState()),
                row.getDigest(),
                row.getJobId(),
                Instant.ofEpochMilli(row.getCreatedAt()),
                row.getFault());
    }
}
