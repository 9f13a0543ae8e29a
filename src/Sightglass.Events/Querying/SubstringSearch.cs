using System.Buffers;
using Sightglass.Events.Columns;

namespace Sightglass.Events.Querying;

/// <summary>Finds a substring in bytes, with or without regard to the case of ASCII letters. Immutable.</summary>
internal sealed class SubstringSearch
{
    // Rare bytes of English and of log lines first: the search hops from one to the next.
    private const string CommonBytes = " etaoinsrhldcumfpgwybv0123456789-./:_=\"kxjqz";

    private readonly byte[] _needle;
    private readonly bool _ignoreCase;
    private readonly int _anchor;
    private readonly SearchValues<byte> _anchors;

    public SubstringSearch(byte[] needle, bool ignoreCase)
    {
        _needle = needle;
        _ignoreCase = ignoreCase && needle.AsSpan().ContainsAny(SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8));
        var best = -1;
        for (var i = 0; i < needle.Length; i++)
        {
            var rank = CommonBytes.IndexOf((char)ToLower(needle[i]), StringComparison.Ordinal);
            rank = rank < 0 ? CommonBytes.Length : rank;
            if (rank > best)
            {
                (best, _anchor) = (rank, i);
            }
        }

        _anchors = SearchValues.Create([ToLower(needle[_anchor]), ToUpper(needle[_anchor])]);
    }

    /// <summary>Bytes of the needle.</summary>
    public int Length => _needle.Length;

    /// <summary>Offset of the first occurrence, or -1.</summary>
    public int IndexIn(ReadOnlySpan<byte> text)
    {
        if (!_ignoreCase)
        {
            return text.IndexOf(_needle);
        }

        var at = _anchor;
        while (at < text.Length)
        {
            var found = text[at..].IndexOfAny(_anchors);
            if (found < 0)
            {
                return -1;
            }

            var start = at + found - _anchor;
            if (start + _needle.Length > text.Length)
            {
                return -1;
            }

            if (EqualIgnoringCase(text.Slice(start, _needle.Length)))
            {
                return start;
            }

            at += found + 1;
        }

        return -1;
    }

    /// <summary>Whether what is searched for has a text at an offset.</summary>
    public bool Matches(int offset, ReadOnlySpan<byte> text)
    {
        if (!_ignoreCase)
        {
            return _needle.AsSpan(offset, text.Length).SequenceEqual(text);
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (ToLower(text[i]) != ToLower(_needle[offset + i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether its byte at an offset is of one of the kinds (<see cref="ByteClasses"/>).</summary>
    public bool MayBeIn(int offset, int classes)
    {
        var b = _needle[offset];
        return (ByteClasses.Of(b) & classes) != 0 || (_ignoreCase && ((ByteClasses.Of(ToLower(b)) | ByteClasses.Of(ToUpper(b))) & classes) != 0);
    }

    private bool EqualIgnoringCase(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (ToLower(text[i]) != ToLower(_needle[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static byte ToLower(byte b) => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;

    private static byte ToUpper(byte b) => b is >= (byte)'a' and <= (byte)'z' ? (byte)(b & ~0x20) : b;
}
