using Sightglass.Server.Hosting;
using Sightglass.TestKit;

namespace Sightglass.Server.Tests;

public sealed class IdleMemoryTests : IDisposable
{
    private const long Mb = 1 << 20;

    private readonly IdleMemory _memory;
    private int _released;

    public IdleMemoryTests() => _memory = new IdleMemory(new ManualTimeProvider(), () => _released++);

    [Fact]
    public void Memory_is_given_back_once_when_a_burst_is_over()
    {
        foreach (var allocated in new[] { 100 * Mb, 300 * Mb, 301 * Mb, 302 * Mb })
        {
            _memory.Look(allocated);
        }

        _memory.Trims.ShouldBe(0);
        _memory.Look(303 * Mb);
        _memory.Trims.ShouldBe(1);
        _memory.Look(304 * Mb);
        _memory.Look(305 * Mb);
        _memory.Trims.ShouldBe(1);
        _released.ShouldBe(1);
    }

    [Fact]
    public void Steady_work_is_not_interrupted()
    {
        for (var i = 1; i < 100; i++)
        {
            _memory.Look(i * 20 * Mb);
        }

        _memory.Trims.ShouldBe(0);
    }

    public void Dispose() => _memory.Dispose();
}
