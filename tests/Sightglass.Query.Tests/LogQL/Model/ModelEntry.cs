using System.Globalization;

namespace Sightglass.Query.Tests.LogQL.Model;

/// <summary>A line as somebody sent it: nothing of it was stored, packed or read again.</summary>
/// <param name="Time">Nanoseconds since the Unix epoch.</param>
/// <param name="Stream">The labels of its stream, the service's name among them.</param>
/// <param name="Metadata">Its structured metadata as text, the level among it.</param>
/// <param name="Text">The line.</param>
internal sealed record ModelLine(long Time, IReadOnlyDictionary<string, string> Stream, IReadOnlyList<(string Name, string Value)> Metadata, string Text);

/// <summary>
/// A line within a pipeline, as plain as it can be: three lists of labels by where they come from, and an error. <paramref name="required"/> are the labels
/// that a metric looks for: parsers stop where all of them were found; null looks for everything.
/// </summary>
internal sealed class ModelEntry(ModelLine line, IReadOnlySet<string>? required)
{
    public const string ErrorLabel = "__error__";
    public const string DetailsLabel = "__error_details__";
    public const string MarkLabel = "__preserve_error__";

    private readonly HashSet<string> _deleted = [];
    private readonly HashSet<string> _found = [.. line.Metadata.Select(static m => m.Name)];
    private readonly List<(string Name, string Value)> _metadata = [.. line.Metadata];
    private readonly List<(string Name, string Value)> _parsed = [];

    public ModelLine Source => line;

    public string Line { get; set; } = line.Text;

    public string? Error { get; private set; }

    public string Details { get; private set; } = string.Empty;

    /// <summary>Whether a parser still has something to look for.</summary>
    public bool WantsMore => required is null || !required.All(_found.Contains);

    /// <summary>Whether a label that begins so is looked for.</summary>
    public bool LooksFor(string prefix) => required is null || required.Count == 0 || required.Any(r => r.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The query asks about errors, so that a parser marks the lines that it cannot read.</summary>
    public bool Asked { get; init; }

    public bool Preserved => Get(MarkLabel) == "true";

    public void Fail(string error, string details) => (Error, Details) = (error, details);

    /// <summary>A parser failed; without details those from before stay.</summary>
    public void FailParser(string error, string details)
    {
        Fail(error, details.Length > 0 ? details : Details);
        if (Asked)
        {
            Set(MarkLabel, "true");
        }
    }

    /// <summary>The value of a label; null where there is none.</summary>
    public string? Get(string name)
    {
        foreach (var list in new[] { _metadata, _parsed })
        {
            var at = list.FindIndex(l => l.Name == name);
            if (at >= 0)
            {
                return list[at].Value;
            }
        }

        return _deleted.Contains(name) ? null : line.Stream.GetValueOrDefault(name);
    }

    /// <summary>The value of a label or of an error, as the line would show it.</summary>
    public string? Shown(string name) => All().GetValueOrDefault(name);

    public void Drop(string name, Func<string, bool> fits)
    {
        if (name == ErrorLabel)
        {
            Error = fits(Error ?? string.Empty) ? null : Error;
        }
        else if (name == DetailsLabel)
        {
            Details = fits(Details) ? string.Empty : Details;
        }
        else if (Get(name) is { } value && fits(value))
        {
            Remove(name);
        }
    }

    /// <summary>A parser found this.</summary>
    public void Extract(string name, string value)
    {
        if (name.Length == 0)
        {
            return;
        }

        name = line.Stream.ContainsKey(name) || _metadata.Exists(m => m.Name == name) ? name + "_extracted" : name;
        if (!_parsed.Exists(p => p.Name == name))
        {
            Set(name, value);
        }
    }

    public void Set(string name, string value)
    {
        _metadata.RemoveAll(m => m.Name == name);
        var at = _parsed.FindIndex(p => p.Name == name);
        _found.Add(name);
        if (at >= 0)
        {
            _parsed[at] = (name, value);
        }
        else
        {
            _parsed.Add((name, value));
        }
    }

    public void Remove(string name)
    {
        _metadata.RemoveAll(m => m.Name == name);
        _parsed.RemoveAll(p => p.Name == name);
        _deleted.Add(name);
    }

    /// <summary>All labels, errors among them.</summary>
    public SortedDictionary<string, string> All()
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in line.Stream)
        {
            if (!_deleted.Contains(name))
            {
                all[name] = value;
            }
        }

        foreach (var (name, value) in _metadata.Concat(_parsed))
        {
            all[name] = value;
        }

        if (Error is not null)
        {
            all[ErrorLabel] = Error;
        }

        if (Details.Length > 0)
        {
            all[DetailsLabel] = Details;
        }

        return all;
    }

    /// <summary>Numbers as Go reads them, of which the data has plain ones.</summary>
    public static bool TryNumber(string text, out double number)
    {
        number = text is "NaN" ? double.NaN : text is "Inf" ? double.PositiveInfinity : double.NegativeInfinity;
        return text is "NaN" or "Inf" or "-inf" || (text is not "" && text.All(static c => char.IsAsciiDigit(c) || c is '.' or '-' or '+' or 'e' or 'E')
            && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number));
    }
}
