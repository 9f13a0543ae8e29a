using Sightglass.Events.Columns;

namespace Sightglass.Events.Querying;

/// <summary>
/// Where in the texts of a template something that is searched for may begin: in a constant piece, and then every text has to be looked at, or in a variable, and
/// then its values say which.
/// </summary>
internal ref struct TemplateNeedle
{
    /// <summary>More work than this for one template is not worth what it saves.</summary>
    private const int MostStates = 16 << 10;

    private readonly Template _template;
    private readonly SubstringSearch _search;

    // States known to lead nowhere: so many bytes of the needle found before a piece.
    private readonly Span<bool> _dead;

    private TemplateNeedle(Template template, SubstringSearch search, Span<bool> dead)
    {
        _template = template;
        _search = search;
        _dead = dead;
    }

    /// <summary>Whether every text holds it.</summary>
    public static bool IsInPiece(Template template, SubstringSearch search)
    {
        foreach (var piece in template.Pieces)
        {
            if (search.IndexIn(piece) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a text may hold it that no constant piece holds.</summary>
    public static bool MayBeIn(Template template, SubstringSearch search)
    {
        if (!IsSmall(template, search))
        {
            return true;
        }

        Span<bool> dead = stackalloc bool[template.Pieces.Length * search.Length];
        dead.Clear();
        var needle = new TemplateNeedle(template, search, dead);
        return needle.BeginsInPiece() || needle.BeginsInVariable();
    }

    /// <summary>
    /// Finds in which texts of a template it may be; false when every one has to be looked at. Reads only the variables that it may begin in.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <param name="number">Number of the template.</param>
    /// <param name="search">What is searched for.</param>
    /// <param name="texts">Gets the numbers of the texts in the template.</param>
    public static bool TryFind(TemplateColumn column, int number, SubstringSearch search, RowBitmap texts)
    {
        var template = column.Templates[number];
        if (!IsSmall(template, search) || IsInPiece(template, search))
        {
            return false;
        }

        Span<bool> dead = stackalloc bool[template.Pieces.Length * search.Length];
        dead.Clear();
        var needle = new TemplateNeedle(template, search, dead);
        if (needle.BeginsInPiece())
        {
            return false;
        }

        Span<bool> begun = stackalloc bool[search.Length];
        for (var variable = 0; variable < template.Variables.Length; variable++)
        {
            var whole = needle.MayHoldWhole(variable);
            if (needle.Begun(variable, begun) || whole)
            {
                Mark(column.Values(number, variable), search, whole, begun, texts);
            }
        }

        return true;
    }

    private static bool IsSmall(Template template, SubstringSearch search) => (long)template.Pieces.Length * search.Length <= MostStates;

    private static void Mark(ValueVector values, SubstringSearch search, bool whole, ReadOnlySpan<bool> begun, RowBitmap texts)
    {
        // Of a dictionary every entry is looked at once.
        var passes = values.Index is null ? null : new bool[values.EntryCount];
        for (var entry = 0; passes is not null && entry < passes.Length; entry++)
        {
            passes[entry] = MayBegin(values.BytesOf(entry), search, whole, begun);
        }

        for (var i = 0; i < texts.Count; i++)
        {
            var entry = values.EntryOf(i);
            if (passes is null ? MayBegin(values.BytesOf(entry), search, whole, begun) : passes[entry])
            {
                texts.Set(i);
            }
        }
    }

    private static bool MayBegin(ReadOnlySpan<byte> value, SubstringSearch search, bool whole, ReadOnlySpan<bool> begun)
    {
        if (whole && search.IndexIn(value) >= 0)
        {
            return true;
        }

        for (var length = Math.Min(begun.Length - 1, value.Length); length > 0; length--)
        {
            if (begun[length] && search.Matches(0, value[^length..]))
            {
                return true;
            }
        }

        return false;
    }

    private readonly bool BeginsInPiece()
    {
        for (var number = 0; number < _template.Variables.Length; number++)
        {
            ReadOnlySpan<byte> piece = _template.Pieces[number];
            for (var start = Math.Max(0, piece.Length - _search.Length + 1); start < piece.Length; start++)
            {
                if (_search.Matches(0, piece[start..]) && GoesOnInVariable(number, piece.Length - start))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private readonly bool BeginsInVariable()
    {
        Span<bool> begun = stackalloc bool[_search.Length];
        for (var variable = 0; variable < _template.Variables.Length; variable++)
        {
            if (MayHoldWhole(variable) || Begun(variable, begun))
            {
                return true;
            }
        }

        return false;
    }

    private readonly bool MayHoldWhole(int variable) => _template.Variables[variable].Longest >= _search.Length && Run(variable, 0) == _search.Length;

    /// <summary>How many bytes of it a variable may end with so that what is behind the variable may go on with it.</summary>
    private readonly bool Begun(int variable, Span<bool> begun)
    {
        begun.Clear();
        var any = false;
        var run = Math.Min(Run(variable, 0), _search.Length - 1);
        for (var length = 1; length <= run; length++)
        {
            begun[length] = GoesOnInPiece(variable + 1, length);
            any |= begun[length];
        }

        return any;
    }

    private readonly bool GoesOnInPiece(int number, int found)
    {
        ref var dead = ref _dead[(number * _search.Length) + found];
        if (dead)
        {
            return false;
        }

        ReadOnlySpan<byte> piece = _template.Pieces[number];
        var common = Math.Min(piece.Length, _search.Length - found);
        if (_search.Matches(found, piece[..common])
            && (found + common == _search.Length || (number < _template.Variables.Length && GoesOnInVariable(number, found + common))))
        {
            return true;
        }

        dead = true;
        return false;
    }

    private readonly bool GoesOnInVariable(int variable, int found)
    {
        var run = Run(variable, found);
        if (found + run == _search.Length)
        {
            return true;
        }

        for (var length = 0; length <= run; length++)
        {
            if (GoesOnInPiece(variable + 1, found + length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>So many bytes of it from an offset on may be at the beginning or end of a variable.</summary>
    private readonly int Run(int variable, int from)
    {
        var place = _template.Variables[variable];
        var to = from;
        while (to < _search.Length && to - from < place.Longest && _search.MayBeIn(to, place.Classes))
        {
            to++;
        }

        return to - from;
    }
}
