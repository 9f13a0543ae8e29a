using System.Text;
using Sightglass.Core.Bytes;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Server.Api.Prometheus.RemoteRead;

/// <summary>One query of a remote read.</summary>
/// <param name="StartMs">Oldest sample, inclusive.</param>
/// <param name="EndMs">Newest sample, inclusive.</param>
/// <param name="Matchers">Which series.</param>
internal sealed record ReadQuery(long StartMs, long EndMs, IReadOnlyList<LabelMatcher> Matchers);

/// <summary><c>prometheus.ReadRequest</c>: what another Prometheus asks for.</summary>
/// <param name="Queries">The queries, answered in their order.</param>
/// <param name="Streamed">Whether the first form of answer that both know is the streamed one.</param>
internal sealed record ReadRequest(IReadOnlyList<ReadQuery> Queries, bool Streamed)
{
    /// <summary>Queries of one request; Prometheus sends one.</summary>
    private const int MaxQueries = 1000;

    private const int MaxMatchers = 1000;

    /// <summary>Forms of answer that one request may name; there are two.</summary>
    private const int MaxAccepted = 64;

    private const int Samples = 0;

    private const int StreamedXorChunks = 1;

    /// <exception cref="MalformedInputException">It is no such message.</exception>
    /// <exception cref="QueryException">It asks for what there is not.</exception>
    public static ReadRequest Decode(ReadOnlySpan<byte> body)
    {
        var queries = new List<ReadQuery>();
        var accepted = new List<int>();
        var reader = new ProtoReader(body);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when queries.Count == MaxQueries:
                    throw new LimitExceededException(nameof(MaxQueries), MaxQueries, queries.Count + 1, "queries of one remote read");
                case 1:
                    queries.Add(Query(reader.ReadBytes()));
                    break;
                case 2:
                    Accepted(ref reader, accepted);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        var known = accepted.FindIndex(type => type is Samples or StreamedXorChunks);
        return accepted.Count > 0 && known < 0
            ? throw new QueryException(QueryErrorKind.BadData, $"server does not support any of the requested response types: [{string.Join(' ', accepted)}]; supported: [SAMPLES STREAMED_XOR_CHUNKS]")
            : new ReadRequest(queries, known >= 0 && accepted[known] == StreamedXorChunks);
    }

    // Packed or not: senders do either.
    private static void Accepted(ref ProtoReader reader, List<int> accepted)
    {
        var single = reader.ReadRepeatedVarint(out var packed);
        if (reader.WireType != ProtoWireType.Bytes)
        {
            Accept(single, accepted);
            return;
        }

        while (packed.Length > 0)
        {
            Accept(ProtoReader.ReadPackedVarint(ref packed), accepted);
        }
    }

    private static void Accept(ulong type, List<int> accepted)
    {
        if (accepted.Count == MaxAccepted)
        {
            throw new LimitExceededException(nameof(MaxAccepted), MaxAccepted, accepted.Count + 1, "response types of one remote read");
        }

        accepted.Add((int)type);
    }

    private static ReadQuery Query(ReadOnlySpan<byte> message)
    {
        long start = 0;
        long end = 0;
        var matchers = new List<LabelMatcher>();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    start = reader.ReadInt64();
                    break;
                case 2:
                    end = reader.ReadInt64();
                    break;
                case 3 when matchers.Count == MaxMatchers:
                    throw new LimitExceededException(nameof(MaxMatchers), MaxMatchers, matchers.Count + 1, "matchers of one query");
                case 3:
                    matchers.Add(Matcher(reader.ReadBytes()));
                    break;
                default:
                    // Hints say what the query is for; the samples are the same.
                    reader.Skip();
                    break;
            }
        }

        return new ReadQuery(start, end, matchers);
    }

    private static LabelMatcher Matcher(ReadOnlySpan<byte> message)
    {
        var type = 0;
        var name = string.Empty;
        var value = string.Empty;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    type = reader.ReadInt32();
                    break;
                case 2:
                    name = Encoding.UTF8.GetString(reader.ReadUtf8());
                    break;
                case 3:
                    value = Encoding.UTF8.GetString(reader.ReadUtf8());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new LabelMatcher(
            type switch
            {
                0 => MatchType.Equal,
                1 => MatchType.NotEqual,
                2 => MatchType.Regex,
                3 => MatchType.NotRegex,
                _ => throw new QueryException(QueryErrorKind.BadData, $"invalid matcher type {type}"),
            },
            name,
            value);
    }
}
