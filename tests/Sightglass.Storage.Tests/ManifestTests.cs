using Sightglass.Core.Errors;
using Sightglass.TestKit;
using Sightglass.TestKit.Faults;

namespace Sightglass.Storage.Tests;

public sealed class ManifestTests
{
    private const string Folder = "/engine";

    private readonly FaultyFileSystem _files = new();

    [Fact]
    public void Commits_are_found_again_and_merged_parts_keep_their_place()
    {
        var manifest = Manifest.Open(_files, Folder);
        manifest.Commit([Build(_files, manifest)], [], 5);
        manifest.Commit([Build(_files, manifest)], [], 9);
        manifest.Commit([Build(_files, manifest)], [], 12);
        var merged = Build(_files, manifest);
        manifest.Commit([merged], [manifest.Parts[0], manifest.Parts[1]], 0);
        var again = Manifest.Open(_files.Restart(loseUnsynced: true), Folder);
        again.Parts.ShouldBe([merged, "000000000003"]);
        again.CoveredSequence.ShouldBe(12);
        again.NewPartName().ShouldBe("000000000005");
    }

    [Fact]
    public void Every_flipped_bit_in_a_copy_costs_nothing()
    {
        var manifest = Manifest.Open(_files, Folder);
        manifest.Commit([Build(_files, manifest)], [], 5);
        foreach (var path in _files.AllFiles().Where(f => f.Contains("MANIFEST", StringComparison.Ordinal)))
        {
            for (var bit = 0; bit < _files.SizeOf(path) * 8; bit++)
            {
                var copy = _files.Restart(loseUnsynced: true);
                copy.FlipBit(path, bit);
                Manifest.Open(copy, Folder).Parts.ShouldBe(manifest.Parts);
            }
        }
    }

    [Fact]
    public void Both_copies_gone_bad_is_told_instead_of_starting_empty()
    {
        var manifest = Manifest.Open(_files, Folder);
        manifest.Commit([Build(_files, manifest)], [], 5);
        _files.FlipBit("/engine/MANIFEST", 100);
        _files.FlipBit("/engine/MANIFEST.copy", 100);
        Should.Throw<CorruptDataException>(() => Manifest.Open(_files, Folder));
    }

    [Fact]
    public void A_manifest_whose_copies_differ_opens_on_a_full_disk()
    {
        var manifest = Manifest.Open(_files, Folder);
        manifest.Commit([Build(_files, manifest)], [], 5);
        var part = Build(_files, manifest);

        // The copy was written, and then there was no room: that is how the disk became full.
        var operations = _files.Operations;
        manifest.Commit([part], [], 9);
        var perFile = (_files.Operations - operations) / 2;
        var files = _files.Restart(loseUnsynced: false);
        var before = Manifest.Open(files, Folder);
        var next = Build(files, before);
        (files.FaultAt, files.FaultKind) = (files.Operations + perFile + 1, Fault.Crash);
        before.Commit([next], [], 12);
        var full = files.Restart(loseUnsynced: false);
        full.Capacity = 0;
        var again = Manifest.Open(full, Folder);
        again.Parts.ShouldBe(["000000000001", "000000000002", "000000000003"]);
        again.CoveredSequence.ShouldBe(12);
        full.Capacity = long.MaxValue;
        again.Commit([], [again.Parts[0]], 13);
        Manifest.Open(full.Restart(loseUnsynced: true), Folder).Parts.ShouldBe(["000000000002", "000000000003"]);
    }

    [SmallDiskFact]
    public void What_cannot_be_removed_now_keeps_its_name()
    {
        using var disk = SmallDisk.Mount(1 << 20);
        var files = DiskFileSystem.Instance;
        DataFolder.Open(disk.FullPath).Dispose();
        var manifest = Manifest.Open(files, disk.FullPath);
        var name = Build(files, manifest);
        disk.IsReadOnly = true;
        using (DataFolder.Open(disk.FullPath))
        {
            var still = Manifest.Open(files, disk.FullPath);
            files.List(disk.PathOf("parts")).ShouldBe([name]);
            still.NewPartName().ShouldNotBe(name);
            Should.Throw<StorageFailedException>(() => DataFolder.Open(disk.FullPath)).Message.ShouldContain("in use");
        }

        disk.IsReadOnly = false;
        Manifest.Open(files, disk.FullPath).NewPartName().ShouldBe(name);
        files.List(disk.PathOf("parts")).ShouldBeEmpty();
    }

    [Fact]
    public void What_no_manifest_names_is_removed_at_open()
    {
        var manifest = Manifest.Open(_files, Folder);
        var name = Build(_files, manifest);
        _files.List("/engine/parts").ShouldBe([name]);
        Manifest.Open(_files, Folder);
        _files.List("/engine/parts").ShouldBeEmpty();
    }

    [Fact]
    public void A_part_set_aside_is_kept_with_its_reason()
    {
        var manifest = Manifest.Open(_files, Folder);
        var name = Build(_files, manifest);
        manifest.Commit([name], [], 1);
        manifest.Quarantine(name, "block 7 fails its check");
        Manifest.Open(_files, Folder).Parts.ShouldBeEmpty();
        _files.List("/engine/quarantine").ShouldBe([name, name + ".reason"]);
    }

    [Theory]
    [InlineData(Fault.Fail)]
    [InlineData(Fault.ShortWrite)]
    [InlineData(Fault.Crash)]
    public void Whatever_operation_goes_wrong_a_commit_is_there_as_a_whole_or_not_at_all(Fault kind)
    {
        for (var at = 1; at < 70; at++)
        {
            var files = new FaultyFileSystem { FaultAt = at, FaultKind = kind };
            var committed = new List<string>();
            var unsure = string.Empty;
            try
            {
                var manifest = Manifest.Open(files, Folder);
                for (var i = 0; i < 3; i++)
                {
                    unsure = string.Empty;
                    unsure = Build(files, manifest);
                    manifest.Commit([unsure], [], i);
                    committed.Add(unsure);
                }
            }
            catch (StorageFailedException)
            {
                // What was committed before has to be there, what was not may be.
            }

            var after = files.Restart(loseUnsynced: kind == Fault.Crash);
            var again = Manifest.Open(after, Folder);
            again.Parts.Where(p => p != unsure || committed.Contains(p)).ShouldBe(committed, $"fault at {at}");
            foreach (var part in again.Parts)
            {
                new TestPart(after, again, part).Text().ShouldBe("contents");
            }
        }
    }

    [Fact]
    public void A_part_is_deleted_with_its_last_reader()
    {
        var manifest = Manifest.Open(_files, Folder);
        var name = Build(_files, manifest);
        manifest.Commit([name], [], 1);
        var part = new TestPart(_files, manifest, name);
        part.TryAcquire().ShouldBeTrue();
        manifest.Commit([], [name], 1);
        part.RemoveWhenUnused();
        part.Release();
        part.Text().ShouldBe("contents");
        part.Release();
        part.TryAcquire().ShouldBeFalse();
        _files.List("/engine/parts").ShouldBeEmpty();
    }

    [Fact]
    public void The_disk_behaves_as_its_model()
    {
        using var folder = new TemporaryFolder();
        var manifest = Manifest.Open(DiskFileSystem.Instance, folder.FullPath);
        var name = Build(DiskFileSystem.Instance, manifest);
        manifest.Commit([name], [], 3);
        var again = Manifest.Open(DiskFileSystem.Instance, folder.FullPath);
        again.Parts.ShouldBe([name]);
        var part = new TestPart(DiskFileSystem.Instance, again, name);
        part.Text().ShouldBe("contents");
        DiskFileSystem.Instance.HardLink(Path.Combine(part.Folder, "data.bin"), folder.PathOf("linked"));
        part.RemoveWhenUnused();
        part.Release();
        Directory.Exists(part.Folder).ShouldBeFalse();
        File.Exists(folder.PathOf("linked")).ShouldBeTrue();
        DiskFileSystem.Instance.FreeBytes(folder.FullPath).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_data_folder_has_one_owner_and_a_known_version()
    {
        using var folder = new TemporaryFolder();
        using (DataFolder.Open(folder.FullPath))
        {
            Should.Throw<StorageFailedException>(() => DataFolder.Open(folder.FullPath)).Message.ShouldContain("in use");
        }

        DataFolder.Open(folder.FullPath).Dispose();
        File.WriteAllText(folder.PathOf("VERSION"), "99\n");
        Should.Throw<StorageFailedException>(() => DataFolder.Open(folder.FullPath)).Message.ShouldContain("version 99, want 1");
        File.WriteAllText(folder.PathOf("VERSION"), new string('1', 5000));
        Should.Throw<StorageFailedException>(() => DataFolder.Open(folder.FullPath)).Message.ShouldContain("5000 bytes");
    }

    [Theory]
    [InlineData(new long[] { 10 }, null)]
    [InlineData(new long[] { 10, 10 }, null)]
    [InlineData(new long[] { 10, 10, 10 }, "0..3")]
    [InlineData(new long[] { 1000, 10, 10, 10 }, "1..4")]
    [InlineData(new long[] { 1000, 1, 1 }, null)]
    public void Like_sizes_are_merged_together(long[] sizes, string? chosen) =>
        (SizeTiers.Choose(sizes)?.ToString()).ShouldBe(chosen);

    [Theory]
    [InlineData(60, "0..6")]
    [InlineData(45, "0..4")]
    [InlineData(5, "0..3")]
    public void A_merge_keeps_to_its_memory_but_for_three_parts(long memory, string chosen) =>
        SizeTiers.Choose([10, 10, 10, 10, 10, 10], long.MaxValue, [10, 10, 10, 10, 10, 10], memory).ToString().ShouldBe(chosen);

    private static string Build(IFileSystem files, Manifest manifest)
    {
        using var writer = new PartWriter(files, manifest);
        writer.CreateFile("data.bin", 0x54534554, 1).Append("contents"u8);
        writer.Complete();
        return writer.Name;
    }

    private sealed class TestPart : PartReader
    {
        private readonly PartFile _file;

        public TestPart(IFileSystem files, Manifest manifest, string name)
            : base(files, manifest, name) => _file = OpenFile("data.bin", 0x54534554, 1);

        public string Text() => System.Text.Encoding.UTF8.GetString(
            _file.Read(new SectionRef(8, 8, Core.Bytes.Crc32C.Compute("contents"u8)), "text"));
    }
}
