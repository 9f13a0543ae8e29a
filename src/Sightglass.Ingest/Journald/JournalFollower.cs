using System.Diagnostics;
using Sightglass.Core.Model;
using Sightglass.Ingest.Listening;

namespace Sightglass.Ingest.Journald;

/// <summary>One journal to follow.</summary>
public sealed record JournalConfiguration
{
    /// <summary>Its name: the <c>job</c> label of its streams unless <see cref="Labels"/> has one.</summary>
    public string Name { get; init; } = "journald";

    /// <summary>The program that reads the journal.</summary>
    public string Program { get; init; } = "journalctl";

    /// <summary>The folder of the journal's files; null for the machine's own.</summary>
    public string? Folder { get; init; }

    /// <summary>Units to read; none for all.</summary>
    public IReadOnlyList<string> Units { get; init; } = [];

    /// <summary>Matches <c>FIELD=value</c> as journalctl takes them.</summary>
    public IReadOnlyList<string> Matches { get; init; } = [];

    /// <summary>Start at the journal's end the first time instead of its beginning.</summary>
    public bool FromEnd { get; init; }

    /// <summary>Labels of every stream.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>How much may be read.</summary>
    public SourceRateLimit Rate { get; init; } = SourceRateLimit.None;

    /// <summary>Whether following it would be no different.</summary>
    public bool IsSameAs(JournalConfiguration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Name, Program, Folder, FromEnd, Rate) == (other.Name, other.Program, other.Folder, other.FromEnd, other.Rate) && Labels.Equals(other.Labels)
            && Units.SequenceEqual(other.Units) && Matches.SequenceEqual(other.Matches);
    }
}

/// <summary>
/// Follows a journal through <c>journalctl --follow --output=export</c>. The cursor of the last stored entry is kept in a file; a program that ends is started
/// again after it. A server killed between storing entries and writing the cursor reads those entries again.
/// </summary>
public sealed class JournalFollower(JournalConfiguration configuration, string cursorFile, LogIntake intake) : IAsyncDisposable
{
    /// <summary>What it is counted under.</summary>
    public const string Receiver = "journald";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Starts following.</summary>
    public void Start() => _loop = Task.Run(LoopAsync);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        var source = intake.Ledger.Source(Receiver, configuration.Name);
        var pause = FirstPause;
        while (!_stop.IsCancellationRequested)
        {
            var before = source.Stored;
            try
            {
                var why = await FollowAsync(source);
                source.Fail(why);
                if (pause == FirstPause)
                {
                    intake.Report($"journal {configuration.Name}: {why}");
                }
            }
            catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                source.Fail(e.Message);
                intake.Report($"journal {configuration.Name}: {e.Message}");
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = source.Stored > before ? FirstPause : pause;
            try
            {
                await Task.Delay(pause, intake.Time, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<string> FollowAsync(IngestSource source)
    {
        var cursor = File.Exists(cursorFile) ? (await File.ReadAllTextAsync(cursorFile, _stop.Token)).Trim() : string.Empty;
        var start = new ProcessStartInfo(configuration.Program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in Arguments(cursor))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{configuration.Program} did not start");
        try
        {
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(_stop.Token);
            var decoder = new JournalDecoder(intake.Options(configuration.Name, configuration.Labels));
            var settings = new MessageSettings(() => decoder, configuration.Rate);
            var saved = cursor;
            using var connection = new FramedConnection(JournalFraming.Instance, () => settings, intake, source)
            {
                Stored = () =>
                {
                    if (decoder.LastCursor is { } last && last != saved)
                    {
                        Save(last);
                        saved = last;
                    }
                },
            };
            await connection.RunAsync(process.StandardOutput.BaseStream, _stop.Token);
            await process.WaitForExitAsync(_stop.Token);
            var error = (await errors).Trim();
            return $"{configuration.Program} ended with {process.ExitCode}{(error.Length > 0 ? ": " + error.Split('\n')[^1] : string.Empty)}";
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private List<string> Arguments(string cursor)
    {
        var arguments = new List<string> { "--follow", "--output=export", "--quiet", "--no-pager" };
        if (configuration.Folder is { } folder)
        {
            arguments.Add("--directory=" + folder);
        }

        if (cursor.Length > 0)
        {
            arguments.AddRange(["--after-cursor=" + cursor, "--no-tail"]);
        }
        else
        {
            arguments.Add(configuration.FromEnd ? "--lines=0" : "--no-tail");
        }

        arguments.AddRange(configuration.Units.Select(u => "--unit=" + u));
        arguments.AddRange(configuration.Matches);
        return arguments;
    }

    // Whole or not at all: a cursor that is cut off would start the journal again.
    private void Save(string cursor)
    {
        var temporary = cursorFile + ".new";
        File.WriteAllText(temporary, cursor + "\n");
        File.Move(temporary, cursorFile, overwrite: true);
    }
}
