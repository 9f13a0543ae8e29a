using System.Globalization;
using System.Text;
using System.Text.Json;
using Sightglass.TestKit;

namespace Sightglass.EndToEnd;

/// <summary>Real log files that grow in pieces under a running server: through rotation, truncation and kill -9 every line is found again by Loki's API.</summary>
public sealed class TailTests
{
    private const int Seed = 11;

    [SharedFact]
    public async Task Lines_of_growing_files_are_found_again_once_over_rotation_and_truncation()
    {
        using var folder = new TemporaryFolder();
        Configure(folder);
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        var writers = Writers(folder);
        await Grow(writers, upTo: 0.4);
        foreach (var (writer, index) in writers.Select((w, i) => (w, i)))
        {
            if (index % 2 == 0)
            {
                writer.Rename();
            }
            else
            {
                // What is in the file must have been read before it is thrown away: nobody else has it.
                await Stored(server, writer);
                writer.Truncate();
            }
        }

        await Grow(writers, upTo: 1);
        foreach (var writer in writers)
        {
            var got = await Stored(server, writer);
            got.Order(StringComparer.Ordinal).ShouldBe(writer.Lines.Order(StringComparer.Ordinal), $"{writer.Name}, seed {Seed}");
        }
    }

    [SharedFact]
    public async Task Every_line_is_found_once_over_kills_renames_and_truncation_in_the_midst()
    {
        const int Kills = 6;
        using var folder = new TemporaryFolder();
        Configure(folder);
        var writers = Writers(folder);
        var random = new Random(Seed);
        var growing = Task.Run(() => GrowAndRotate(writers, new Random(Seed + 1)));
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, 900)));
            await server.KillAsync();
        }

        await growing;
        await using var last = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        foreach (var writer in writers)
        {
            var got = await Stored(last, writer);
            got.Order(StringComparer.Ordinal).ShouldBe(writer.Lines.Order(StringComparer.Ordinal), $"{writer.Name}, seed {Seed}");
        }
    }

    [Fact]
    public async Task Fields_levels_and_times_come_from_the_parser_of_each_file()
    {
        using var folder = new TemporaryFolder();
        Configure(folder);
        await using var server = await ServerProcess.StartAsync(folder.PathOf("data"), "--config", folder.PathOf("config.yml"));
        var time = DateTimeOffset.UtcNow.AddMinutes(-7);
        time = time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));
        var written = time.ToOffset(TimeSpan.FromHours(2)).ToString("dd/MMM/yyyy:HH:mm:ss", CultureInfo.InvariantCulture) + " +0200";
        File.AppendAllText(folder.PathOf("nginx.access"), $"203.0.113.7 - - [{written}] \"DELETE /cart HTTP/1.1\" 503 12 \"-\" \"curl/8\"\n");
        File.AppendAllText(folder.PathOf("apache.access"), $"203.0.113.8 - eve [{written}] \"GET /a HTTP/1.1\" 404 7\n");
        File.AppendAllText(folder.PathOf("app.json"), $"{{\"time\":\"{time:O}\",\"level\":\"error\",\"http\":{{\"method\":\"PUT\",\"status\":500}}}}\n");
        var expected = new[]
        {
            ("nginx", "{job=\"nginx\"} | method=`DELETE` | status=`503` | request_uri=`/cart` | detected_level=`error`"),
            ("apache", "{job=\"apache\"} | method=`GET` | status=`404` | remote_user=`eve` | detected_level=`warn`"),
            ("json", "{job=\"json\"} | http_method=`PUT` | http_status=`500` | detected_level=`error`"),
        };
        foreach (var (name, query) in expected)
        {
            var path = $"/loki/api/v1/query_range?limit=10&since=1h&query={Uri.EscapeDataString(query)}";
            var found = await server.UntilAsync(path, j => j.GetProperty("data").GetProperty("result").GetArrayLength() == 1);
            found.GetProperty("data").GetProperty("result")[0].GetProperty("values")[0][0].GetString().ShouldBe($"{time.ToUnixTimeSeconds()}000000000", name);
        }
    }

    private static void Configure(TemporaryFolder folder) => File.WriteAllText(folder.PathOf("config.yml"), $$"""
        logs:
        - { name: nginx, files: ['{{folder.FullPath}}/nginx.access'], parser: nginx }
        - { name: apache, files: ['{{folder.FullPath}}/apache.access', '{{folder.FullPath}}/logs/Apache.log*'], parser: apache }
        - { name: json, files: ['{{folder.FullPath}}/*.json'], parser: json }
        - { name: plain, files: ['{{folder.FullPath}}/logs/*.log*'], exclude: ['**/Apache.log*'], parser: plain }
        """);

    private static List<Writer> Writers(TemporaryFolder folder)
    {
        Directory.CreateDirectory(folder.PathOf("logs"));
        return [.. Directory.GetFiles(SharedInput.PathOf("data/logs"), "*.log").Order(StringComparer.Ordinal).Select(f => new Writer(folder.PathOf("logs"), f))];
    }

    private static async Task Grow(List<Writer> writers, double upTo)
    {
        var random = new Random(Seed);
        while (writers.Any(w => w.Left(upTo) > 0))
        {
            foreach (var writer in writers)
            {
                writer.Write(random.Next(1, 9_000), upTo);
            }

            // Pieces reach the server over many of its looks, not in one.
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    private static async Task GrowAndRotate(List<Writer> writers, Random random)
    {
        while (writers.Any(w => w.Left(1) > 0))
        {
            foreach (var writer in writers)
            {
                writer.Write(random.Next(1, 4_000), 1);
                switch (random.Next(40))
                {
                    case 0:
                        writer.Rename();
                        break;
                    case 1:
                        writer.CopyAndTruncate();
                        break;
                }
            }

            // The server is killed and started while the files grow, not after.
            await Task.Delay(TimeSpan.FromMilliseconds(60));
        }
    }

    // All lines of one file, once there are as many as were written whole.
    private static async Task<List<string>> Stored(ServerProcess server, Writer writer)
    {
        var query = Uri.EscapeDataString($"{{filename=~\".*/{writer.Name}.*\"}}");
        var answer = await server.UntilAsync($"/loki/api/v1/query_range?limit=50000&since=24h&query={query}", j => Lines(j).Distinct(StringComparer.Ordinal).Count() >= writer.Written.Distinct(StringComparer.Ordinal).Count() && Lines(j).Count >= writer.Written.Count);
        return Lines(answer);
    }

    private static List<string> Lines(JsonElement answer) =>
        [.. answer.GetProperty("data").GetProperty("result").EnumerateArray().SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => v[1].GetString()!)];

    /// <summary>Somebody else's program that writes its log: in pieces that end anywhere.</summary>
    private sealed class Writer(string folder, string source)
    {
        private readonly byte[] _bytes = [.. System.IO.File.ReadAllBytes(source), .. "\n"u8];
        private int _at;
        private int _rotations;

        public string Name { get; } = Path.GetFileName(source);

        public List<string> Lines => Split(_bytes);

        /// <summary>Lines that are in the files with their line break.</summary>
        public List<string> Written => Split(_bytes.AsSpan(0, _bytes.AsSpan(0, _at).LastIndexOf((byte)'\n') + 1));

        private string File => Path.Combine(folder, Name);

        public int Left(double upTo) => (int)(_bytes.Length * upTo) - _at;

        public void Write(int most, double upTo)
        {
            var size = Math.Min(most, Left(upTo));
            if (size <= 0)
            {
                return;
            }

            using var stream = new FileStream(File, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            stream.Write(_bytes.AsSpan(_at, size));
            _at += size;
        }

        public void Rename()
        {
            FinishLine();
            System.IO.File.Move(File, $"{File}.{++_rotations}");
        }

        /// <summary>As logrotate's copytruncate.</summary>
        public void CopyAndTruncate()
        {
            FinishLine();
            System.IO.File.Copy(File, $"{File}.{++_rotations}");
            using var stream = new FileStream(File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            stream.SetLength(0);
        }

        public void Truncate()
        {
            using var stream = new FileStream(File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            var rest = _at - (_bytes.AsSpan(0, _at).LastIndexOf((byte)'\n') + 1);
            stream.SetLength(0);

            // The part of a line that went with the file is written again, as by a program whose buffer is still full.
            _at -= rest;
        }

        private void FinishLine()
        {
            var rest = _bytes.AsSpan(_at).IndexOf((byte)'\n') + 1;
            using var stream = new FileStream(File, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            stream.Write(_bytes.AsSpan(_at, rest));
            _at += rest;
        }

        private static List<string> Split(ReadOnlySpan<byte> bytes) =>
            [.. Encoding.UTF8.GetString(bytes).Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0)];
    }
}
