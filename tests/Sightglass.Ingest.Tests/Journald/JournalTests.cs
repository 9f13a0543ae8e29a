using Sightglass.Core.Limits;
using Sightglass.Ingest.Journald;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Tests.Records;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Journald;

public sealed class JournalTests
{
    private static readonly byte[] Text = "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1767175200123456\n__MONOTONIC_TIMESTAMP=1\nPRIORITY=3\n_HOSTNAME=h\n_SYSTEMD_UNIT=nginx.service\nSYSLOG_IDENTIFIER=ng\n_PID=7\nMESSAGE=hello\n\n"u8.ToArray();
    private static readonly byte[] Binary = [.. "__REALTIME_TIMESTAMP=1767175200000000\n_SYSTEMD_UNIT=session-1.scope\nSYSLOG_IDENTIFIER=su\nMESSAGE\n"u8, 9, 0, 0, 0, 0, 0, 0, 0, .. "one\n\ntwo="u8, .. "\nX=1\n\n"u8];

    [Fact]
    public void Entries_become_rows()
    {
        using var decoder = new JournalDecoder(RowText.Options());
        RowText.Decode(decoder, Text.AsSpan()[..^1]).ShouldBe(["{service_name=nginx,hostname=h} 2025-12-31 10:00:00.123456 error(17) \"hello\" HOSTNAME=h SYSTEMD_UNIT=nginx.service SYSLOG_IDENTIFIER=ng PID=7"]);
        decoder.LastCursor.ShouldBe("s=1;i=2");
        RowText.Decode(decoder, Binary.AsSpan()[..^1]).ShouldBe(["{service_name=su} 2025-12-31 10:00:00 \"one\n\ntwo=\" SYSTEMD_UNIT=session-1.scope SYSLOG_IDENTIFIER=su X=1"]);
    }

    [Fact]
    public void Entries_are_found_however_the_stream_is_split()
    {
        byte[] stream = [.. Text, .. "\n"u8, .. Binary, .. Text[..^1]];
        for (var split = 0; split <= stream.Length; split++)
        {
            var (at, lengths) = (0, new List<int>());
            foreach (var (end, ended) in new[] { (split, false), (stream.Length, true) })
            {
                while (at < end && JournalFraming.Instance.Next(stream.AsSpan(at, end - at), ended, 1 << 20) is { Consumed: > 0 } frame)
                {
                    lengths.Add(frame.Length);
                    at += frame.Consumed;
                }
            }

            lengths.Where(l => l > 0).ShouldBe([Text.Length - 1, Binary.Length - 1, Text.Length - 1], $"split at {split}");
        }
    }

    [Fact]
    public async Task A_program_that_ends_is_started_again_after_the_cursor_and_a_restart_goes_on_from_there()
    {
        using var folder = new TemporaryFolder();

        // A journal of two entries; asked for what comes after the first, it has the second only.
        File.WriteAllText(folder.PathOf("journalctl"), """
            #!/bin/sh
            echo "$@" >> "$(dirname "$0")/calls"
            case "$*" in
              *after-cursor=c2*) sleep 60 ;;
              *after-cursor=c1*) printf '__CURSOR=c2\n__REALTIME_TIMESTAMP=1767175201000000\nMESSAGE=two\n\n' ;;
              *) printf '__CURSOR=c1\n__REALTIME_TIMESTAMP=1767175200000000\nMESSAGE\n\003\000\000\000\000\000\000\000o\ne\n\n'; echo broken >&2; exit 3 ;;
            esac
            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.PathOf("journalctl"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var sink = new RowSink();
        var ledger = new IngestLedger(TimeProvider.System);
        var reports = new List<string>();
        var intake = new LogIntake(sink, ledger, IngestLimits.Default, TimeProvider.System, reports.Add);
        var configuration = new JournalConfiguration { Program = folder.PathOf("journalctl"), Units = ["a.service"], Matches = ["_UID=0"], Folder = "/j" };
        await using (var follower = new JournalFollower(configuration, folder.PathOf("cursor"), intake))
        {
            follower.Start();
            (await sink.WaitAsync(2)).Select(r => r.Split('"')[1]).ShouldBe(["o\ne", "two"]);
        }

        File.ReadAllText(folder.PathOf("cursor")).ShouldBe("c2\n");
        reports[0].ShouldEndWith("journalctl ended with 3: broken");
        var calls = File.ReadAllLines(folder.PathOf("calls"));
        calls[0].ShouldBe("--follow --output=export --quiet --no-pager --directory=/j --no-tail --unit=a.service _UID=0");
        calls[1].ShouldContain("--after-cursor=c1 --no-tail");
        ledger.Sources().Single().Stored.ShouldBe(2);
    }

    [Fact]
    public async Task A_failing_store_makes_the_journal_wait_and_the_cursor_with_it()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("journalctl"), """
            #!/bin/sh
            for i in 1 2 3 4 5; do printf "__CURSOR=c$i\n__REALTIME_TIMESTAMP=176717520000000$i\nMESSAGE=entry $i\n\n"; done
            sleep 60
            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.PathOf("journalctl"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var sink = new RowSink { Failures = 3 };
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        var ledger = new IngestLedger(time);
        await using var follower = new JournalFollower(new JournalConfiguration { Program = folder.PathOf("journalctl") }, folder.PathOf("cursor"), new LogIntake(sink, ledger, IngestLimits.Default, time, _ => { }));
        follower.Start();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (ledger.Sources() is not [{ LastError: not null }])
        {
            await Task.Delay(5, patience.Token);
        }

        (sink.Rows.Length, File.Exists(folder.PathOf("cursor"))).ShouldBe((0, false));
        while (sink.Rows.Length < 5 || !File.Exists(folder.PathOf("cursor")) || await File.ReadAllTextAsync(folder.PathOf("cursor"), patience.Token) != "c5\n")
        {
            time.Advance(ListenLimits.StoreRetry);
            await Task.Delay(5, patience.Token);
        }

        sink.Rows.Select(r => r.Split('"')[1]).ShouldBe(["entry 1", "entry 2", "entry 3", "entry 4", "entry 5"]);
    }

    [Fact]
    public void Mutated_entries_never_throw() => Fuzz.OnlyMalformed([Text, Binary], (bytes, batch) =>
    {
        using var decoder = new JournalDecoder(RowText.Options());
        decoder.Writer.Use(batch);
        var at = 0;
        while (at < bytes.Length && JournalFraming.Instance.Next(bytes.AsSpan(at), true, 1 << 20) is { Consumed: > 0 } frame)
        {
            decoder.Add(bytes.AsSpan(at + frame.Start, frame.Length), RowText.Source(), RowText.Now);
            at += frame.Consumed;
        }
    });
}
