using System.IO.Compression;
using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;
using Sightglass.Ingest.Parsers;
using Sightglass.Ingest.Tail;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Tail;

public sealed class FileTailerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LineSink _sink = new();
    private readonly List<string> _reports = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Grows_line_by_line_and_takes_an_unfinished_one_when_it_stands_still()
    {
        await using var tailer = Tailer();
        Append("a.log", "one\ntw");
        Poll(tailer);
        _sink.Lines.ShouldBe(["one"]);
        Append("a.log", "o\nthree");
        Poll(tailer);
        _sink.Lines.ShouldBe(["one", "two"]);
        _time.Advance(FileTailer.PartialLineAge);
        Poll(tailer);
        _sink.Lines.ShouldBe(["one", "two", "three"]);
    }

    [Fact]
    public async Task Rotation_by_rename_loses_and_repeats_nothing()
    {
        await using var tailer = Tailer();
        Append("a.log", "one\n");
        Poll(tailer);
        Append("a.log", "two\n");
        File.Move(_folder.PathOf("a.log"), _folder.PathOf("old.log"));
        Append("a.log", "three\n");
        Poll(tailer);
        Append("old.log", "late\n");
        Poll(tailer);
        _sink.Lines.Order().ShouldBe(["late", "one", "three", "two"]);
    }

    [Fact]
    public async Task Truncation_in_place_starts_again()
    {
        await using var tailer = Tailer();
        Append("a.log", "one\ntwo\n");
        Poll(tailer);
        File.WriteAllText(_folder.PathOf("a.log"), string.Empty);
        Poll(tailer);
        Append("a.log", "three\n");
        Poll(tailer);
        _sink.Lines.ShouldBe(["one", "two", "three"]);
    }

    [Fact]
    public async Task Truncated_and_grown_beyond_the_old_end_between_two_looks_starts_again()
    {
        await using var tailer = Tailer();
        Append("a.log", "one\ntwo\n");
        Poll(tailer);
        File.WriteAllText(_folder.PathOf("a.log"), "three\nfour\nfive\n");
        Poll(tailer);
        _sink.Lines.ShouldBe(["one", "two", "three", "four", "five"]);
    }

    [Fact]
    public async Task Replaced_while_the_server_was_down_starts_again()
    {
        Append("a.log", "one\n");
        await using (var first = Tailer())
        {
            Poll(first);
        }

        // In place: the inode stays, as it does when that of a deleted file is given to the next one.
        File.WriteAllText(_folder.PathOf("a.log"), "two\nthree\n");
        await using var second = Tailer();
        Poll(second);
        _sink.Lines.ShouldBe(["one", "two", "three"]);
    }

    [Fact]
    public async Task Restart_goes_on_where_it_was()
    {
        Append("a.log", "one\n");
        await using (var first = Tailer())
        {
            Poll(first);
        }

        Append("a.log", "two\n");
        await using var second = Tailer();
        Poll(second);
        _sink.Lines.ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Store_that_fails_gets_the_same_lines_again()
    {
        await using var tailer = Tailer();
        Append("a.log", "one\ntwo\n");
        _sink.Fails = true;
        Poll(tailer);
        _sink.Lines.ShouldBeEmpty();
        _sink.Fails = false;
        Poll(tailer);
        _sink.Lines.ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Odd_lines_are_kept()
    {
        await using var tailer = Tailer(new IngestLimits { MaxLogLineBytes = 1000 });
        Append("a.log", "windows\r\n\n");
        File.AppendAllBytes(_folder.PathOf("a.log"), [(byte)'x', 0xff, (byte)'\n']);
        Append("a.log", new string('y', 900_000) + "\nafter\n");
        Poll(tailer);
        _sink.Lines.Count.ShouldBe(4);
        _sink.Lines[0].ShouldBe("windows");
        _sink.Lines[1].ShouldBe("x\uFFFD");
        Encoding.UTF8.GetByteCount(_sink.Lines[2]).ShouldBe(1000);
        _sink.Lines[2].ShouldEndWith("(cut)");
        _sink.Lines[3].ShouldBe("after");
    }

    [SharedFact]
    public async Task Real_files_that_grow_in_pieces_are_found_again_once_each()
    {
        var random = new Random(3);
        var files = Directory.GetFiles(SharedInput.PathOf("data/logs"), "*.log").ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
        var at = files.Keys.ToDictionary(f => f, _ => 0);
        await using var tailer = Tailer();
        while (at.Any(f => f.Value < files[f.Key].Length))
        {
            foreach (var (name, bytes) in files)
            {
                var size = Math.Min(random.Next(40_000), bytes.Length - at[name]);
                using var stream = new FileStream(_folder.PathOf(name), FileMode.Append);
                stream.Write(bytes.AsSpan(at[name], size));
                at[name] += size;
            }

            Poll(tailer);
        }

        _time.Advance(FileTailer.PartialLineAge);
        Poll(tailer);
        var expected = files.Values.SelectMany(b => Encoding.UTF8.GetString(b).Split('\n')).Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0).Order(StringComparer.Ordinal);
        _sink.Lines.Order(StringComparer.Ordinal).ShouldBe(expected);
    }

    [Fact]
    public async Task Copy_of_a_truncated_file_gives_only_what_was_not_read_before()
    {
        await using var tailer = Tailer(configuration: Both());
        Append("a.log", Lines(0, 40));
        Poll(tailer);
        Append("a.log", Lines(40, 5));
        File.Copy(_folder.PathOf("a.log"), _folder.PathOf("a.log.1"));
        File.WriteAllText(_folder.PathOf("a.log"), Lines(45, 3));
        Settle(tailer);
        _sink.Lines.Order().ShouldBe(Numbers(48));
    }

    [Fact]
    public async Task Copy_seen_before_the_truncation_waits_for_it()
    {
        await using var tailer = Tailer(configuration: Both());
        Append("a.log", Lines(0, 40));
        Poll(tailer);
        File.Copy(_folder.PathOf("a.log"), _folder.PathOf("a.log.1"));
        Append("a.log", Lines(40, 2));
        Settle(tailer);
        File.WriteAllText(_folder.PathOf("a.log"), string.Empty);
        Settle(tailer);
        Append("a.log", Lines(42, 3));
        Settle(tailer);
        _sink.Lines.Order().ShouldBe(Numbers(45));
        await using var again = Tailer(configuration: Both());
        Settle(again);
        _sink.Lines.Count.ShouldBe(45);
    }

    [Fact]
    public async Task Truncated_with_a_copy_while_the_server_was_down_gives_every_line_once()
    {
        Append("a.log", Lines(0, 40));
        await using (var first = Tailer(configuration: Both()))
        {
            Poll(first);
        }

        Append("a.log", Lines(40, 10));
        File.Copy(_folder.PathOf("a.log"), _folder.PathOf("a.log.1"));
        File.WriteAllText(_folder.PathOf("a.log"), Lines(50, 60));
        await using var second = Tailer(configuration: Both());
        Settle(second);
        _sink.Lines.Order().ShouldBe(Numbers(110));
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".zst")]
    public async Task Compressed_old_files_are_read_once_and_not_again_when_they_were_read_before(string suffix)
    {
        WriteArchive("old.log.7" + suffix, Lines(0, 300));
        Append("a.log", Lines(300, 40));
        await using (var first = Tailer(configuration: Both()))
        {
            Settle(first);
            Append("a.log", Lines(340, 5));
            File.Move(_folder.PathOf("a.log"), _folder.PathOf("a.log.1"));
            Append("a.log", Lines(345, 5));
            Settle(first);
            WriteArchive("a.log.1" + suffix, File.ReadAllText(_folder.PathOf("a.log.1")));
            Settle(first);
            File.Delete(_folder.PathOf("a.log.1"));
            Settle(first);
        }

        _sink.Lines.Order().ShouldBe(Numbers(350));
        await using var second = Tailer(configuration: Both());
        Settle(second);
        _sink.Lines.Count.ShouldBe(350);
    }

    [Fact]
    public async Task Compressed_while_the_server_was_down_gives_the_rest_only()
    {
        Append("a.log", Lines(0, 100));
        await using (var first = Tailer(configuration: Both()))
        {
            Poll(first);
        }

        Append("a.log", Lines(100, 50));
        WriteArchive("a.log.1.gz", File.ReadAllText(_folder.PathOf("a.log")));
        File.Delete(_folder.PathOf("a.log"));
        await using var second = Tailer(configuration: Both());
        Settle(second);
        _sink.Lines.Order().ShouldBe(Numbers(150));
    }

    [Fact]
    public async Task Broken_archive_gives_what_can_be_read_and_is_reported()
    {
        WriteArchive("a.log.gz", Lines(0, 5_000));
        using (var file = new FileStream(_folder.PathOf("a.log.gz"), FileMode.Open))
        {
            file.Position = file.Length / 2;
            file.Write(new byte[300]);
        }

        File.SetLastWriteTimeUtc(_folder.PathOf("a.log.gz"), _time.GetUtcNow().UtcDateTime);

        await using var tailer = Tailer(configuration: Both());
        Settle(tailer);
        _reports.ShouldHaveSingleItem().ShouldContain("a.log.gz");
    }

    [Fact]
    public async Task Killed_at_any_record_every_line_is_stored_once()
    {
        var random = new Random(5);
        var written = 0;
        for (var round = 0; round < 60; round++)
        {
            _sink.Left = random.Next(0, 6);
            await using var tailer = Tailer(configuration: Both());
            for (var step = 0; step < 3; step++)
            {
                var lines = random.Next(0, 40);
                Append("a.log", Lines(written, lines));
                written += lines;
                switch (random.Next(6))
                {
                    case 0:
                        File.Move(_folder.PathOf("a.log"), _folder.PathOf($"a.log.{round * 10 + step}"));
                        break;
                    case 1:
                        File.Copy(_folder.PathOf("a.log"), _folder.PathOf($"a.log.{round * 10 + step}"));
                        File.WriteAllText(_folder.PathOf("a.log"), string.Empty);
                        break;
                }

                Poll(tailer);
            }
        }

        _sink.Left = int.MaxValue;
        await using var last = Tailer(configuration: Both());
        Settle(last);
        Settle(last);
        _sink.Lines.Except(Numbers(written)).ShouldBeEmpty();
        Numbers(written).Except(_sink.Lines).ShouldBeEmpty();
        _sink.Lines.GroupBy(l => l).Where(l => l.Count() > 1).Select(l => l.Key[..6]).ShouldBeEmpty();
    }

    [Fact]
    public async Task From_end_holds_for_files_that_are_there_at_the_very_first_start()
    {
        var configuration = Both() with { FromEnd = true };
        Append("a.log", Lines(0, 10));
        await using (var first = Tailer(configuration: configuration))
        {
            Settle(first);
        }

        Append("a.log", Lines(10, 2));
        Append("b.log", Lines(12, 2));
        await using var second = Tailer(configuration: configuration);
        Settle(second);
        _sink.Lines.ShouldBe(Numbers(14).Skip(10), ignoreOrder: true);
    }

    [Fact]
    public async Task Lines_of_one_record_stay_together()
    {
        await using var tailer = Tailer(configuration: Both() with { MultiLine = new MultiLine(new(@"^\d{4}-"), null, 4) });
        Append("a.log", "2026-01-01 boom\n  at A\n  at B\n2026-01-01 two\n");
        Poll(tailer);
        _sink.Lines.ShouldBe(["2026-01-01 boom\n  at A\n  at B"]);
        Append("a.log", "  at C\n  at D\n  at E\n  at F\n");
        Settle(tailer);
        _sink.Lines.Skip(1).ShouldBe(["2026-01-01 two\n  at C\n  at D\n  at E", "  at F"]);
    }

    [Fact]
    public async Task Empty_lines_do_not_cut_a_record()
    {
        await using var tailer = Tailer(configuration: Both() with { MultiLine = new MultiLine(new(@"^(\d{4}/|panic:)"), null) });
        Append("a.log", "\n2026/01/01 fine\n\n\npanic: index out of range\r\n\r\ngoroutine 1 [running]:\r\nmain.main()\r\n\texit status 2\r\n\r\n2026/01/01 up again\n");
        Settle(tailer);
        _sink.Lines.ShouldBe(["2026/01/01 fine", "panic: index out of range\r\n\r\ngoroutine 1 [running]:\r\nmain.main()\r\n\texit status 2", "2026/01/01 up again"]);
    }

    [Fact]
    public async Task Empty_lines_end_a_record_that_goes_on_with_a_pattern_they_do_not_have()
    {
        await using var tailer = Tailer(configuration: Both() with { MultiLine = new MultiLine(null, new(@"^\s")) });
        Append("a.log", "one\n  at A\n\n  at B\ntwo\n\n");
        Settle(tailer);
        _sink.Lines.ShouldBe(["one\n  at A", "  at B", "two"]);
    }

    [Fact]
    public async Task Pieces_of_a_containers_two_outputs_are_told_apart()
    {
        await using var tailer = Tailer(configuration: Both() with { Parser = new ParserConfiguration(LineWrapper.Cri, []) });
        const string At = "2026-01-01T00:00:00Z";
        Append("a.log", $"{At} stdout P one \n{At} stderr F wrong\n{At} stderr F again\n{At} stdout F two\n{At} stderr P end \n{At} stdout F three\n");
        Settle(tailer);
        Append("a.log", $"{At} stderr F of it\n");
        Settle(tailer);
        _sink.Lines.ShouldBe(["wrong", "again", "one two", "three", "end ", "of it"]);
        _sink.Lines.Clear();
        Append("a.log", $"{At} stderr P end \n{At} stdout F three\n{At} stderr F of it\n");
        Settle(tailer);
        _sink.Lines.ShouldBe(["three", "end of it"]);
    }

    [Fact]
    public async Task Pieces_of_dockers_lines_are_put_together()
    {
        await using var tailer = Tailer(configuration: Both() with { Parser = new ParserConfiguration(LineWrapper.Docker, []) });
        Append("a.log", """
            {"log":"one ","stream":"stdout","time":"2026-01-01T00:00:00Z"}
            {"log":"wrong\r\n","stream":"stderr","time":"2026-01-01T00:00:00Z"}
            {"log":"two\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}
            {"log": "three ", "stream": "stdout", "time": "2026-01-01T00:00:00Z"}
            {"log": "four\n", "stream": "stdout", "time": "2026-01-01T00:00:00Z"}

            """.ReplaceLineEndings("\n"));
        Settle(tailer);
        _sink.Lines.ShouldBe(["wrong", "one two", "three four"]);
    }

    [Fact]
    public async Task Pieces_of_a_containers_line_are_put_together()
    {
        await using var tailer = Tailer(configuration: Both() with
        {
            Parser = new ParserConfiguration(LineWrapper.Cri, []),
            MultiLine = new MultiLine(null, new(@"^\s"), 10),
        });
        Append("a.log", "2026-01-01T00:00:00Z stdout P one \n2026-01-01T00:00:01Z stdout F two\n2026-01-01T00:00:01Z stdout F  at X\n2026-01-01T00:00:01Z stderr F three\n");
        Settle(tailer);
        _sink.Lines.ShouldBe(["one two\n at X", "three"]);
    }

    private TailConfiguration Both() => new() { Name = "test", Files = [_folder.PathOf("*.log"), _folder.PathOf("*.log.*")] };

    // Each line as long as lines of logs are, so that a few of them are enough to know a copy by.
    private static string Lines(int from, int count) => string.Concat(Enumerable.Range(from, count).Select(i => $"{Line(i)}\n"));

    private static string Line(int number) => $"{number:D6} the quick brown fox jumps over the lazy dog and writes a line about it";

    private static IEnumerable<string> Numbers(int count) => Enumerable.Range(0, count).Select(Line);

    private void Settle(FileTailer tailer)
    {
        for (var i = 0; i < 4; i++)
        {
            Poll(tailer);
            _time.Advance(FileTailer.PartialLineAge);
            Poll(tailer);
        }
    }

    private void WriteArchive(string name, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (name.EndsWith(".zst", StringComparison.Ordinal))
        {
            using var target = new ByteWriter();
            Zstd.Compress(bytes.AsSpan(0, bytes.Length / 2), target);
            Zstd.Compress(bytes.AsSpan(bytes.Length / 2), target);
            File.WriteAllBytes(_folder.PathOf(name), target.Written);
        }
        else
        {
            using var file = new GZipStream(File.Create(_folder.PathOf(name)), CompressionLevel.Fastest);
            file.Write(bytes);
        }

        File.SetLastWriteTimeUtc(_folder.PathOf(name), _time.GetUtcNow().UtcDateTime);
    }

    private FileTailer Tailer(IngestLimits? limits = null, TailConfiguration? configuration = null) => new(
        [configuration ?? new TailConfiguration { Name = "test", Files = [_folder.PathOf("*.log")] }], _sink.Positions,
        new LogIntake(_sink, new IngestLedger(_time), limits ?? IngestLimits.Default, _time, _reports.Add));

    private void Append(string name, string text) => File.AppendAllText(_folder.PathOf(name), text);

    private void Poll(FileTailer tailer)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        tailer.Poll();
    }

    private sealed class LineSink : IBatchSink
    {
        public List<string> Lines { get; } = [];

        public Dictionary<string, string> Positions { get; private set; } = [];

        public bool Fails { get; set; }

        /// <summary>Records that are still taken before the server is killed.</summary>
        public int Left { get; set; } = int.MaxValue;

        public AppendResult Append(MetricBatch batch) => throw new NotSupportedException();

        public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();

        public AppendResult Append(LogBatch batch)
        {
            if (Fails || Left-- <= 0)
            {
                throw new StorageFailedException("disk full");
            }

            Positions = new Dictionary<string, string>(Positions);
            foreach (var (source, position) in batch.Positions)
            {
                if (position.Length == 0)
                {
                    Positions.Remove(source);
                }
                else
                {
                    Positions[source] = position;
                }
            }

            foreach (ref readonly var row in batch.Rows)
            {
                Lines.Add(Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(row.BodyBits))));
            }

            return AppendResult.All(batch.Count);
        }
    }
}
