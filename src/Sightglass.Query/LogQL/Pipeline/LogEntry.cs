using System.Text;
using Sightglass.Core.Model;
using Sightglass.Query.LogQL.View;

namespace Sightglass.Query.LogQL.Pipeline;

/// <summary>Where a label of a line comes from.</summary>
internal enum LabelCategory : byte
{
    /// <summary>The stream.</summary>
    Stream,

    /// <summary>Structured metadata.</summary>
    Metadata,

    /// <summary>A parser, a formatter or an error.</summary>
    Parsed,
}

/// <summary>A piece of an entry's text.</summary>
internal readonly record struct TextSlice(int Start, int Length);

/// <summary>One label of a line.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its text.</param>
/// <param name="Category">Where it comes from.</param>
/// <param name="Type">Int or Double for a number that was not made into text yet, else None.</param>
/// <param name="Number">That number.</param>
internal readonly record struct EntryLabel(string Name, TextSlice Value, LabelCategory Category, AttributeType Type = AttributeType.None, double Number = 0);

/// <summary>
/// One log line on its way through a pipeline, used again for every line: the line and the values of its labels are pieces of one
/// buffer, so that a line costs no object. Not thread-safe.
/// </summary>
internal sealed class LogEntry
{
    public const string ErrorLabel = "__error__";
    public const string ErrorDetailsLabel = "__error_details__";
    public const string PreserveErrorLabel = "__preserve_error__";

    // Integers up to here are themselves as doubles.
    private const double MaxExact = 1L << 53;

    private readonly List<EntryLabel> _labels = [];
    private readonly List<string> _deleted = [];
    private char[] _text = new char[4096];
    private int _length;
    private TextSlice _line;
    private int _lineBytes;
    private int _recorded;
    private int _metadataBytes;

    /// <summary>The stream.</summary>
    public LokiStream Stream { get; private set; } = null!;

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public long TimeUnixNano { get; private set; }

    /// <summary>The line at present.</summary>
    public ReadOnlySpan<char> Line => Value(_line);

    /// <summary>Where the line is in the buffer.</summary>
    public TextSlice LineSlice => _line;

    /// <summary>Size of the line at present in UTF-8.</summary>
    public int LineBytes => _lineBytes >= 0 ? _lineBytes : _lineBytes = Encoding.UTF8.GetByteCount(Line);

    /// <summary>Size of the structured metadata that was read: names and values, a number as eight bytes.</summary>
    public int MetadataBytes => _metadataBytes;

    /// <summary>What went wrong in the pipeline, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Details of <see cref="Error"/>.</summary>
    public string? ErrorDetails { get; private set; }

    /// <summary>The labels that a metric query looks for, of which parsers find no more than are missing; null when it takes all.</summary>
    public LabelNeeds? Hints { get; set; }

    /// <summary>What templates know the present from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Whether the query asks about errors, so that lines that a parser cannot read are told as series instead of failing the query.</summary>
    public bool PreservesErrors { get; set; }

    /// <summary>Whether the line was marked as one whose error does not fail the query: by a parser, since what else fails is not asked for.</summary>
    public bool IsErrorPreserved => PreservesErrors && TryGet(PreserveErrorLabel, out var mark) && mark is "true";

    /// <summary>Whether a parser still has something to look for.</summary>
    public bool WantsMore => Hints is not { } hints || _recorded < hints.Required.Count;

    /// <summary>Labels beside those of the stream, all as text.</summary>
    public IReadOnlyList<EntryLabel> Labels
    {
        get
        {
            for (var i = 0; i < _labels.Count; i++)
            {
                TextOf(i);
            }

            return _labels;
        }
    }

    /// <summary>Starts with a line.</summary>
    public void Begin(LokiStream stream, long timeUnixNano, ReadOnlySpan<byte> line)
    {
        _labels.Clear();
        _deleted.Clear();
        _length = 0;
        _recorded = 0;
        _metadataBytes = 0;
        Error = null;
        ErrorDetails = null;
        Stream = stream;
        TimeUnixNano = timeUnixNano;
        _line = Append(line);
        _lineBytes = line.Length;
    }

    /// <summary>A piece of the text. Valid until the next line.</summary>
    public ReadOnlySpan<char> Value(TextSlice slice) => _text.AsSpan(slice.Start, slice.Length);

    /// <summary>Adds UTF-8 to the text.</summary>
    public TextSlice Append(ReadOnlySpan<byte> utf8)
    {
        var room = Room(utf8.Length);
        return Take(Encoding.UTF8.GetChars(utf8, room));
    }

    /// <summary>Adds characters to the text.</summary>
    public TextSlice Append(ReadOnlySpan<char> text)
    {
        text.CopyTo(Room(text.Length));
        return Take(text.Length);
    }

    /// <summary>Makes another text the line.</summary>
    public void SetLine(TextSlice line)
    {
        _line = line;
        _lineBytes = -1;
    }

    /// <summary>Adds a label that the row itself has.</summary>
    public void AddMetadata(string name, TextSlice value)
    {
        var unique = Stream.Labels.Contains(name) ? name + "_extracted" : name;
        if (IndexOf(unique) < 0)
        {
            _labels.Add(new EntryLabel(unique, value, LabelCategory.Metadata));
            _metadataBytes += name.Length + value.Length;
            Record(unique);
        }
    }

    /// <summary>Adds a number that the row itself has; it becomes text when somebody asks for that.</summary>
    public void AddMetadata(string name, AttributeType type, long bits)
    {
        var number = type == AttributeType.Int ? bits : BitConverter.Int64BitsToDouble(bits);
        if (!double.IsFinite(number) || (type == AttributeType.Int && Math.Abs(number) > MaxExact))
        {
            AddMetadata(name, Append(AttributeValue.From(type, bits, default).ToString()));
            return;
        }

        var unique = Stream.Labels.Contains(name) ? name + "_extracted" : name;
        if (IndexOf(unique) < 0)
        {
            _labels.Add(new EntryLabel(unique, default, LabelCategory.Metadata, type, number));
            _metadataBytes += name.Length + sizeof(long);
            Record(unique);
        }
    }

    /// <summary>Looks up a label that is a number by itself, not a text that may be one.</summary>
    public bool TryGetNumber(string name, out double number)
    {
        var at = IndexOf(name);
        number = at >= 0 ? _labels[at].Number : 0;
        return at >= 0 && _labels[at].Type != AttributeType.None;
    }

    /// <summary>
    /// Adds a label that a parser found; one that is there already keeps its value, and what the stream or the row calls so gets a suffix. Gives the
    /// name that it went by, null when it was not added.
    /// </summary>
    public string? Extract(string name, TextSlice value)
    {
        if (name.Length == 0)
        {
            return null;
        }

        // The stream's own labels count even when a stage dropped them or set them anew, those of the row only while they are there.
        var at = IndexOf(name);
        if (Stream.Labels.Contains(name) || (at >= 0 && _labels[at].Category == LabelCategory.Metadata))
        {
            name += "_extracted";
            at = IndexOf(name);
            if (at >= 0 && _labels[at].Category == LabelCategory.Metadata)
            {
                // Stream, row and line have it: the line's takes the name that the row's had got.
                _labels[at] = new EntryLabel(name, value, LabelCategory.Parsed);
                return name;
            }
        }

        if (at >= 0)
        {
            return null;
        }

        _labels.Add(new EntryLabel(name, value, LabelCategory.Parsed));
        Record(name);
        return name;
    }

    /// <summary>Looks a label up. What went wrong is no label until the line is shown: a line's own label may have its name.</summary>
    public bool TryGet(string name, out ReadOnlySpan<char> value)
    {
        var at = IndexOf(name);
        if (at >= 0)
        {
            value = TextOf(at);
            return true;
        }

        if (Stream.Labels.TryGet(name, out var label) && !_deleted.Contains(name))
        {
            value = label;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Looks a label up as it is shown: what went wrong stands before what the line itself calls so.</summary>
    public bool TryGetShown(string name, out ReadOnlySpan<char> value)
    {
        var text = name == ErrorLabel ? Error : name == ErrorDetailsLabel ? ErrorDetails : null;
        value = text;
        return !string.IsNullOrEmpty(text) || TryGet(name, out value);
    }

    /// <summary>The value of a label, empty where there is none.</summary>
    public ReadOnlySpan<char> Get(string name) => TryGet(name, out var value) ? value : default;

    /// <summary>Sets a label, whatever it was.</summary>
    public void Set(string name, TextSlice value)
    {
        var at = IndexOf(name);
        var label = new EntryLabel(name, value, LabelCategory.Parsed);
        if (at >= 0)
        {
            _labels[at] = label;
        }
        else
        {
            _labels.Add(label);
            Record(name);
        }
    }

    /// <summary>Gives a label's value to another name and takes the label away, which leaves nothing when both are the same.</summary>
    public void Rename(string from, string to, TextSlice value)
    {
        Set(to, value);
        Remove(from);
    }

    /// <summary>Removes a label.</summary>
    public void Remove(string name)
    {
        var at = IndexOf(name);
        if (at >= 0)
        {
            _labels.RemoveAt(at);
        }

        if (Stream.Labels.Contains(name) && !_deleted.Contains(name))
        {
            _deleted.Add(name);
        }
    }

    /// <summary>Marks the line as one that a stage could not handle.</summary>
    public void SetError(string error, string details)
    {
        Error = error;
        ErrorDetails = details;
    }

    /// <summary>Marks the line as one that a parser could not read; without details those of an error before stay.</summary>
    public void SetParserError(string error, string? details)
    {
        SetError(error, details ?? ErrorDetails ?? string.Empty);
        if (PreservesErrors)
        {
            Set(PreserveErrorLabel, Append("true"));
        }
    }

    /// <summary>Forgets what went wrong; the details stay.</summary>
    public void ClearError() => Error = null;

    /// <summary>Forgets the details of what went wrong.</summary>
    public void ClearErrorDetails() => ErrorDetails = null;

    /// <summary>Visits every label that the line has at present, in no order.</summary>
    public void ForEach<T>(ref T visitor)
        where T : struct, ILabelVisitor, allows ref struct
    {
        foreach (var label in Stream.Labels.Span)
        {
            if (IndexOf(label.Name) < 0 && !_deleted.Contains(label.Name))
            {
                visitor.Visit(label.Name, label.Value, LabelCategory.Stream);
            }
        }

        for (var i = 0; i < _labels.Count; i++)
        {
            // What a line itself calls so gives way to an error of its stages.
            if (_labels[i].Name switch
            {
                ErrorLabel => string.IsNullOrEmpty(Error),
                ErrorDetailsLabel => string.IsNullOrEmpty(ErrorDetails),
                _ => true,
            })
            {
                visitor.Visit(_labels[i].Name, TextOf(i), _labels[i].Category);
            }
        }

        if (!string.IsNullOrEmpty(Error))
        {
            visitor.Visit(ErrorLabel, Error, LabelCategory.Parsed);
        }

        if (!string.IsNullOrEmpty(ErrorDetails))
        {
            visitor.Visit(ErrorDetailsLabel, ErrorDetails, LabelCategory.Parsed);
        }
    }

    /// <summary>The labels as a set.</summary>
    public LabelSet ToLabelSet()
    {
        var visitor = new SetVisitor(new LabelSetBuilder());
        ForEach(ref visitor);
        return visitor.Builder.Build();
    }

    // Each name once a line: a label that was renamed away stays found.
    private void Record(string name)
    {
        if (Hints is { } hints && hints.Required.Contains(name))
        {
            _recorded++;
        }
    }

    private ReadOnlySpan<char> TextOf(int at)
    {
        var label = _labels[at];
        if (label.Type == AttributeType.None)
        {
            return Value(label.Value);
        }

        TextSlice text;
        if (label.Type == AttributeType.Int)
        {
            Span<char> digits = stackalloc char[20];
            ((long)label.Number).TryFormat(digits, out var length, provider: System.Globalization.CultureInfo.InvariantCulture);
            text = Append(digits[..length]);
        }
        else
        {
            text = Append(AttributeValue.Of(label.Number).ToString());
        }

        _labels[at] = new EntryLabel(label.Name, text, label.Category);
        return Value(text);
    }

    private int IndexOf(string name)
    {
        for (var i = 0; i < _labels.Count; i++)
        {
            if (_labels[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private Span<char> Room(int count)
    {
        if (_text.Length - _length < count)
        {
            // Pieces handed out before stay valid: they point into the old array.
            Array.Resize(ref _text, Math.Max(_text.Length * 2, checked(_length + count)));
        }

        return _text.AsSpan(_length);
    }

    private TextSlice Take(int count)
    {
        var slice = new TextSlice(_length, count);
        _length += count;
        return slice;
    }

    private readonly struct SetVisitor(LabelSetBuilder builder) : ILabelVisitor
    {
        public LabelSetBuilder Builder { get; } = builder;

        public void Visit(string name, ReadOnlySpan<char> value, LabelCategory category) => Builder.Set(name, value.ToString());
    }
}

/// <summary>Is shown the labels of a line.</summary>
internal interface ILabelVisitor
{
    /// <summary>One label.</summary>
    void Visit(string name, ReadOnlySpan<char> value, LabelCategory category);
}
