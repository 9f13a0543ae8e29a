using System.Text;
using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Limits;
using Sightglass.Core.Model;
using Sightglass.Ingest.Tail;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Tail;

public sealed class FileTailerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LineSink _sink = new();

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

    private FileTailer Tailer(IngestLimits? limits = null) => new(
        [new TailConfiguration { Name = "test", Files = [_folder.PathOf("*.log")] }], _folder.PathOf("positions.json"), _sink, limits ?? IngestLimits.Default, _time, _ => { });

    private void Append(string name, string text) => File.AppendAllText(_folder.PathOf(name), text);

    private void Poll(FileTailer tailer)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        tailer.Poll();
    }

    private sealed class LineSink : IBatchSink
    {
        public List<string> Lines { get; } = [];

        public bool Fails { get; set; }

        public AppendResult Append(MetricBatch batch) => throw new NotSupportedException();

        public AppendResult Append(SpanBatch batch) => throw new NotSupportedException();

        public AppendResult Append(LogBatch batch)
        {
            if (Fails)
            {
                throw new StorageFailedException("disk full");
            }

            foreach (ref readonly var row in batch.Rows)
            {
                Lines.Add(Encoding.UTF8.GetString(batch.Text(TextRef.Unpack(row.BodyBits))));
            }

            return AppendResult.All(batch.Count);
        }
    }
}
