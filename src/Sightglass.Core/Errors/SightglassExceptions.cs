namespace Sightglass.Core.Errors;

/// <summary>What was wrong with a query or a request, as the compatible APIs name it.</summary>
public enum QueryErrorKind
{
    /// <summary>The request or the expression does not parse or validate (400, Prometheus' <c>bad_data</c>).</summary>
    BadData,

    /// <summary>The query is valid and could not be executed (422, Prometheus' <c>execution</c>).</summary>
    Execution,

    /// <summary>The query took longer than allowed (503, Prometheus' <c>timeout</c>).</summary>
    Timeout,

    /// <summary>The caller went away (499, Prometheus' <c>canceled</c>).</summary>
    Canceled,

    /// <summary>What was asked for does not exist (404).</summary>
    NotFound,
}

/// <summary>A query or request that the caller has to change. Never logged as an error.</summary>
public sealed class QueryException : Exception
{
    /// <summary>Makes one; <paramref name="position"/> is the zero-based character offset in the query text, -1 when there is none.</summary>
    public QueryException(QueryErrorKind kind, string message, int position = -1, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Position = position;
    }

    /// <summary>What was wrong.</summary>
    public QueryErrorKind Kind { get; }

    /// <summary>Zero-based character offset in the query text, or -1.</summary>
    public int Position { get; }
}

/// <summary>A limit was reached: 422 for a query, 429 or 413 for a sender.</summary>
public sealed class LimitExceededException : Exception
{
    /// <summary>Makes one. <paramref name="setting"/> is the name in <c>Limits</c> that was reached.</summary>
    public LimitExceededException(string setting, long limit, long got, string what)
        : base($"{what}: got {got}, limit {setting} is {limit}")
    {
        Setting = setting;
        Limit = limit;
        Got = got;
    }

    /// <summary>Name of the limit.</summary>
    public string Setting { get; }

    /// <summary>The limit's value.</summary>
    public long Limit { get; }

    /// <summary>The value that was over it (at least this much).</summary>
    public long Got { get; }
}

/// <summary>A body that does not decode: truncated, wrong wire type, too deep, invalid text (400 for the sender).</summary>
public sealed class MalformedInputException : Exception
{
    /// <summary>Makes one; <paramref name="offset"/> is the byte offset in the decoded body, -1 when unknown.</summary>
    public MalformedInputException(string message, long offset = -1, Exception? inner = null)
        : base(offset < 0 ? message : $"{message} at byte {offset}", inner) => Offset = offset;

    /// <summary>Byte offset in the decoded body, or -1.</summary>
    public long Offset { get; }
}

/// <summary>Stored bytes fail their check. The block is set aside, the rest is served.</summary>
public sealed class CorruptDataException : Exception
{
    /// <summary>Makes one for a section of a file.</summary>
    public CorruptDataException(string file, string section, long offset, string detail)
        : base($"{file}: {section} at byte {offset}: {detail}")
    {
        File = file;
        Section = section;
        Offset = offset;
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The section of it, in the words of the format page.</summary>
    public string Section { get; }

    /// <summary>Byte offset of the section.</summary>
    public long Offset { get; }
}

/// <summary>A durable write failed (disk full, read-only, I/O error). Nothing is acknowledged; senders get 503 with Retry-After.</summary>
public sealed class StorageFailedException : Exception
{
    /// <summary>Makes one.</summary>
    public StorageFailedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
