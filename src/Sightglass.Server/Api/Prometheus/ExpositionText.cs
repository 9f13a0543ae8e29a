using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Sightglass.Core.Model;
using Sightglass.Query.Syntax;

namespace Sightglass.Server.Api.Prometheus;

/// <summary>Writes Prometheus' text format. Names beyond its old alphabet are quoted, or escaped where the reader knows no quotes. Native histograms have no form in it.</summary>
internal sealed class ExpositionText(PipeWriter target, NameEscaping escaping) : ExpositionWriter
{
    private readonly StringBuilder _text = new();

    /// <inheritdoc/>
    public override int Written => _text.Length;

    /// <inheritdoc/>
    public override bool HasHistograms => false;

    /// <inheritdoc/>
    public override void Sample(LabelSet labels, List<Label> further, double value, long timestampMs, bool begins)
    {
        if (begins)
        {
            _text.Append("# TYPE ");
            Name(labels.Name, colon: true);
            _text.Append(" untyped\n");
        }

        var any = !EscapedName.IsLegacy(labels.Name, colon: true) && escaping == NameEscaping.AllowUtf8;
        if (any)
        {
            _text.Append('{');
        }

        Name(labels.Name, colon: true);

        foreach (ref readonly var label in labels.Span)
        {
            if (label.Name != LabelSet.MetricName)
            {
                Pair(label, ref any);
            }
        }

        foreach (var label in further)
        {
            if (!labels.TryGet(label.Name, out _))
            {
                Pair(label, ref any);
            }
        }

        _text.Append(any ? "} " : " ").Append(Number(value)).Append(' ').Append(CultureInfo.InvariantCulture, $"{timestampMs}\n");
    }

    /// <inheritdoc/>
    public override void Histogram(LabelSet labels, List<Label> further, NativeHistogram histogram, long timestampMs, bool begins) =>
        throw new UnreachableException("BUG: a native histogram in the text format");

    /// <inheritdoc/>
    public override async Task FlushAsync(bool ends, CancellationToken cancellation)
    {
        foreach (var chunk in _text.GetChunks())
        {
            Encoding.UTF8.GetBytes(chunk.Span, target);
        }

        _text.Clear();
        await target.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    // Go's shortest form: an exponent below 1e-4 and from a million.
    private static string Number(double value) =>
        Math.Abs(value) >= 1e6 || (value != 0 && Math.Abs(value) < 1e-4) ? GoFloat.Scientific(value) : GoFloat.Plain(value);

    private void Pair(in Label label, ref bool any)
    {
        _text.Append(any ? ',' : '{');
        any = true;
        Name(label.Name, colon: false);
        _text.Append('=');
        Quoted(label.Value);
    }

    private void Name(string name, bool colon)
    {
        if (escaping == NameEscaping.AllowUtf8 && !EscapedName.IsLegacy(name, colon))
        {
            Quoted(name);
        }
        else
        {
            _text.Append(EscapedName.Of(name, escaping, colon));
        }
    }

    private void Quoted(string value)
    {
        _text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => _text.Append("\\\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(c),
            };
        }

        _text.Append('"');
    }
}
