using FsCheck;
using FsCheck.Fluent;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Tests.Syslog;

namespace Sightglass.Ingest.Tests.Records;

/// <summary>Bytes of valid input with some of them changed and some cut off.</summary>
internal static class Fuzz
{
    /// <summary>A decoder either takes such bytes or says that they are malformed, and throws nothing else.</summary>
    public static void OnlyMalformed(byte[][] seeds, Action<byte[], LogBatch> decode)
    {
        var mutated = from seed in Gen.Elements(seeds)
                      from edits in Gen.ListOf(Gen.Zip(Gen.Choose(0, 500), Gen.Choose(0, 255)))
                      from cut in Gen.Choose(0, 40)
                      select SyslogDecoderTests.Mutate(seed, edits.Take(6), cut);
        Prop.ForAll(Arb.From(mutated), bytes =>
        {
            using var batch = new LogBatch();
            try
            {
                decode(bytes, batch);
            }
            catch (MalformedInputException)
            {
                // That is what it is for.
            }

            foreach (ref readonly var row in batch.Rows)
            {
                System.Text.Unicode.Utf8.IsValid(batch.Text(TextRef.Unpack(row.BodyBits))).ShouldBeTrue();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }
}
