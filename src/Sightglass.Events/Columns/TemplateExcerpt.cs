using System.Buffers;

namespace Sightglass.Events.Columns;

/// <summary>
/// A template of JSON objects without members that nobody wants: what is left of its pieces, and which of its variables stand between them. A member only goes
/// where it is well-formed whatever its variables hold, so that the others read as they do in the whole text.
/// </summary>
internal sealed class TemplateExcerpt
{
    /// <summary>Stands for a variable; no piece that is looked into has it.</summary>
    private const byte Mark = 1;

    private static readonly SearchValues<byte> EndOfString = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> EndOfScalar = SearchValues.Create(" \t\r\n,}]\"\\{[:"u8);
    private static readonly SearchValues<byte> Controls = SearchValues.Create([.. Enumerable.Range(0, 32).Select(static b => (byte)b)]);

    private TemplateExcerpt(byte[][] pieces, int[] variables)
    {
        Pieces = pieces;
        Variables = variables;
    }

    /// <summary>One piece more than there are variables.</summary>
    public byte[][] Pieces { get; }

    /// <summary>Numbers of variables in the template.</summary>
    public int[] Variables { get; }

    /// <summary>The excerpt of a template; all of it when it is none of JSON objects, or one that is not understood.</summary>
    public static TemplateExcerpt Of(Template template, Func<ReadOnlySpan<byte>, bool> wanted)
    {
        if (template.Pieces[0] is [(byte)'{', ..] && Array.TrueForAll(template.Pieces, static p => p.AsSpan().IndexOfAny(Controls) < 0)
            && Array.TrueForAll(template.Variables, static v => (v.Classes & ByteClasses.Others) == 0))
        {
            var marked = new List<byte>();
            for (var i = 0; i < template.Variables.Length; i++)
            {
                marked.AddRange(template.Pieces[i]);
                marked.Add(Mark);
            }

            marked.AddRange(template.Pieces[^1]);
            var text = marked.ToArray();
            if (TryCut(text, template, wanted) is { } kept)
            {
                return Split(text, kept);
            }
        }

        return new TemplateExcerpt(template.Pieces, [.. Enumerable.Range(0, template.Variables.Length)]);
    }

    /// <summary>What to keep of an object; null when it is not understood.</summary>
    private static List<Range>? TryCut(ReadOnlySpan<byte> text, Template template, Func<ReadOnlySpan<byte>, bool> wanted)
    {
        var kept = new List<Range> { ..1 };
        var (at, variable) = (1, 0);
        while (true)
        {
            var from = at;
            if (!TryName(text, ref at, out var name))
            {
                return null;
            }

            var first = variable;
            if (!TryValue(text, ref at, ref variable, out var isString))
            {
                return null;
            }

            var value = text[(name.End.Value + 2)..at];
            if (wanted(text[name]) || !IsSound(value, isString, template, first))
            {
                // A comma stands before each member but the first that is left.
                kept.Add(kept.Count == 1 ? from..at : (from - 1)..at);
            }

            if (at == text.Length)
            {
                return null;
            }

            switch (text[at])
            {
                case (byte)',':
                    at++;
                    continue;
                case (byte)'}':
                    kept.Add(at..text.Length);
                    return kept;
                default:
                    return null;
            }
        }
    }

    // A name without escapes and variables, and a colon right behind it.
    private static bool TryName(ReadOnlySpan<byte> text, ref int at, out Range name)
    {
        name = default;
        if (at >= text.Length || text[at] != '"')
        {
            return false;
        }

        var start = ++at;
        var length = text[at..].IndexOfAny((byte)'"', (byte)'\\', Mark);
        if (length < 0 || text[at + length] != '"')
        {
            return false;
        }

        name = start..(start + length);
        at = start + length + 1;
        return at < text.Length && text[at++] == ':';
    }

    // Objects, lists, escapes and blanks are left to who reads the whole.
    private static bool TryValue(ReadOnlySpan<byte> text, ref int at, ref int variable, out bool isString)
    {
        isString = at < text.Length && text[at] == '"';
        var from = isString ? at + 1 : at;
        var length = from <= text.Length ? text[from..].IndexOfAny(isString ? EndOfString : EndOfScalar) : -1;
        if (length < 0 || (isString ? text[from + length] != '"' : text[from + length] is not ((byte)',' or (byte)'}')))
        {
            return false;
        }

        at = from + length + (isString ? 1 : 0);
        variable += text[from..at].Count(Mark);
        return true;
    }

    // A string is whatever it holds; else what begins like a number is one to every reader here, and the words of JSON are.
    private static bool IsSound(ReadOnlySpan<byte> value, bool isString, Template template, int variable) => isString || value switch
    {
        [Mark, ..] => template.Variables[variable].Classes is > 0 and var classes && (classes & ~(ByteClasses.Digits | ByteClasses.Minus)) == 0,
        [(byte)'-' or (>= (byte)'0' and <= (byte)'9'), ..] => true,
        _ => value.SequenceEqual("true"u8) || value.SequenceEqual("false"u8) || value.SequenceEqual("null"u8),
    };

    private static TemplateExcerpt Split(ReadOnlySpan<byte> text, List<Range> kept)
    {
        var pieces = new List<byte[]>();
        var variables = new List<int>();
        var piece = new ArrayBufferWriter<byte>();
        foreach (var range in kept)
        {
            var variable = text[..range.Start.Value].Count(Mark);
            var part = text[range];
            for (var next = part.IndexOf(Mark); next >= 0; next = part.IndexOf(Mark))
            {
                piece.Write(part[..next]);
                pieces.Add(piece.WrittenSpan.ToArray());
                piece.ResetWrittenCount();
                variables.Add(variable++);
                part = part[(next + 1)..];
            }

            piece.Write(part);
        }

        pieces.Add(piece.WrittenSpan.ToArray());
        return new TemplateExcerpt([.. pieces], [.. variables]);
    }
}
