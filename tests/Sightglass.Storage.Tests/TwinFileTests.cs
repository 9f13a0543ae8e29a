using Sightglass.Core.Errors;
using Sightglass.TestKit.Faults;

namespace Sightglass.Storage.Tests;

public sealed class TwinFileTests
{
    private static readonly byte[] First = [1, 2, 3];
    private static readonly byte[] Second = [9, 9, 9, 9];

    [Fact]
    public void Contents_are_replaced_as_a_whole_and_found_again()
    {
        var files = new FaultyFileSystem();
        files.CreateFolder("/f");
        Open(files).Read().ShouldBeNull();
        var file = Open(files);
        file.Write(First);
        file.Write(Second);
        files = files.Restart(loseUnsynced: true);
        file = Open(files);
        file.Read().ShouldBe(Second);
        file.Write(First);
        Open(files.Restart(loseUnsynced: true)).Read().ShouldBe(First);
        Should.Throw<CorruptDataException>(() => new TwinFile(files, "/f", "X", 1, 2).Read());
    }

    [Theory]
    [InlineData(Fault.Fail)]
    [InlineData(Fault.ShortWrite)]
    [InlineData(Fault.Crash)]
    public void A_fault_anywhere_leaves_the_old_or_the_new_contents(Fault kind)
    {
        for (var at = 1; at < 30; at++)
        {
            var files = new FaultyFileSystem();
            files.CreateFolder("/f");
            var file = Open(files);
            file.Write(First);
            files.FaultAt = files.Operations + at;
            files.FaultKind = kind;
            var written = true;
            try
            {
                file.Write(Second);
            }
            catch (StorageFailedException)
            {
                written = false;
            }

            var found = Open(files.Restart(loseUnsynced: true)).Read()!;
            (found.SequenceEqual(Second) || (!written && found.SequenceEqual(First))).ShouldBeTrue($"fault at {at}");
        }
    }

    private static TwinFile Open(FaultyFileSystem files) => new(files, "/f", "X", 1, 1);
}
