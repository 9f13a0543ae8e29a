using System.Text;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Exposition;
using Sightglass.TestKit;

namespace Sightglass.Ingest.Tests.Exposition;

public sealed class ExpositionReaderTests
{
    [SharedTheory]
    [InlineData("1histogram.om.txt", true)]
    [InlineData("alltypes.5mfs.om.txt", true)]
    [InlineData("alltypes.237mfs.prom.txt", false)]
    [InlineData("alltypes.237mfs.nometa.prom.txt", false)]
    public void Real_answers_parse_to_their_last_line(string file, bool openMetrics)
    {
        var body = File.ReadAllBytes(SharedInput.PathOf($"conformance/exposition/{file}"));
        var lines = Encoding.UTF8.GetString(body).Split('\n').Count(l => l.Length > 0 && l[0] != '#');
        Samples(body, openMetrics).Count.ShouldBe(lines);
    }

    [Theory]
    [InlineData("a 1", "a", 1.0, null)]
    [InlineData("a{b=\"c\"} 2.5 1000", "a{b=\"c\"}", 2.5, 1000L)]
    [InlineData("a{b=\"x}\\\"y\",} +Inf", "a{b=\"x}\\\"y\",}", double.PositiveInfinity, null)]
    [InlineData("a -Inf\r", "a", double.NegativeInfinity, null)]
    [InlineData("a 1e3", "a", 1000.0, null)]
    [InlineData("{\"a.b\",c=\"d\"} 3", "{\"a.b\",c=\"d\"}", 3.0, null)]
    public void Sample_lines(string line, string series, double value, long? timestamp)
    {
        var sample = Samples(Encoding.UTF8.GetBytes(line), openMetrics: false).ShouldHaveSingleItem();
        sample.ShouldBe((series, value, timestamp));
    }

    [Fact]
    public void Not_a_number_is_the_normal_one() =>
        BitConverter.DoubleToUInt64Bits(Samples("a NaN\n"u8.ToArray(), false)[0].Value).ShouldBe(SpecialValues.NormalNaNBits);

    [Theory]
    [InlineData("a{b=\"c\\n\\\"\\\\\"}", "b", "c\n\"\\")]
    [InlineData("{\"a.b\", \"c d\"=\"e\"}", "c d", "e")]
    [InlineData("{\"a.b\", c=\"e\"}", "__name__", "a.b")]
    [InlineData("a { b = \"c\" , }", "b", "c")]
    public void Labels(string series, string name, string value)
    {
        var labels = new ExposedLabels();
        ExpositionReader.ReadLabels(Encoding.UTF8.GetBytes(series), labels);
        labels.Get(name).ShouldBe(value);
    }

    [Theory]
    [InlineData("a", false)]
    [InlineData("a b", false)]
    [InlineData("a{b=\"c\" 1", false)]
    [InlineData("a 1 x", false)]
    [InlineData("a 1 2 3", false)]
    [InlineData("a 1", true)]
    [InlineData("a 1\n# EOF\nb 1\n", true)]
    [InlineData("a 1\n", true)]
    public void Broken_text_is_refused_with_its_line(string text, bool openMetrics) =>
        Should.Throw<MalformedInputException>(() => Samples(Encoding.UTF8.GetBytes(text), openMetrics)).Message.ShouldContain("line ");

    [Fact]
    public void Random_changes_break_nothing_but_the_answer()
    {
        var random = new Random(7);
        var body = Encoding.UTF8.GetBytes("# TYPE a counter\n# HELP a b\na_total{b=\"c\",d=\"e\"} 1.5 12 # {x=\"y\"} 1 2\nq{quantile=\"0.5\"} NaN\n# EOF\n");
        for (var i = 0; i < 20_000; i++)
        {
            var changed = (byte[])body.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            try
            {
                foreach (var sample in Samples(changed[..random.Next(changed.Length)], random.Next(2) == 0))
                {
                    ExpositionReader.ReadLabels(Encoding.UTF8.GetBytes(sample.Series), new ExposedLabels());
                }
            }
            catch (MalformedInputException)
            {
                // The only exception that the decoder declares.
            }
        }
    }

    private static List<(string Series, double Value, long? TimestampMs)> Samples(byte[] body, bool openMetrics)
    {
        var samples = new List<(string, double, long?)>();
        var reader = new ExpositionReader(body, openMetrics);
        while (reader.Next())
        {
            if (reader.Entry == ExpositionEntry.Sample)
            {
                samples.Add((Encoding.UTF8.GetString(reader.Name), reader.Value, reader.TimestampMs));
            }
        }

        return samples;
    }
}
