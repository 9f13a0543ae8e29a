using System.Diagnostics.Metrics;
using System.Reflection;

namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// Makes Kestrel from the services that it registers, each once. The framework's container does the same by way of plans, caches and factories for every service, which for
/// three dozen that are asked for once is a seventh of a start. Not thread-safe.
/// </summary>
internal sealed class KestrelServices : IServiceProvider, IMeterFactory, IAsyncDisposable
{
    private readonly IServiceCollection _registered;
    private readonly Dictionary<(ServiceDescriptor, Type), object> _made = [];
    private readonly List<object> _owned = [];
    private readonly List<Meter> _meters = [];

    /// <summary>Makes what is asked for from these.</summary>
    public KestrelServices(IServiceCollection registered)
    {
        _registered = registered;
        registered.AddSingleton<IMeterFactory>(this);
    }

    /// <summary>The service that was registered last, all of them in the order of registration for <c>IEnumerable</c>, or null.</summary>
    public object? GetService(Type serviceType)
    {
        if (serviceType == typeof(IServiceProvider))
        {
            return this;
        }

        if (IsMany(serviceType))
        {
            var of = serviceType.GenericTypeArguments[0];
            var all = _registered.Where(d => Serves(d, of)).ToArray();
            var array = Array.CreateInstance(of, all.Length);
            for (var i = 0; i < all.Length; i++)
            {
                array.SetValue(Make(all[i], of), i);
            }

            return array;
        }

        return _registered.LastOrDefault(d => Serves(d, serviceType)) is { } descriptor ? Make(descriptor, serviceType) : null;
    }

    /// <summary>A meter that nobody listens to but who asks the framework for it.</summary>
    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    /// <summary>Meters are let go with everything else.</summary>
    public void Dispose()
    {
        foreach (var meter in _meters)
        {
            meter.Dispose();
        }
    }

    /// <summary>Disposes of what was made, the last first.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            if (_owned[i] is IAsyncDisposable later)
            {
                await later.DisposeAsync();
            }
            else
            {
                (_owned[i] as IDisposable)?.Dispose();
            }
        }

        Dispose();
    }

    private static bool Serves(ServiceDescriptor descriptor, Type type) =>
        descriptor.ServiceType == type || (type.IsGenericType && descriptor.ServiceType == type.GetGenericTypeDefinition());

    private object Make(ServiceDescriptor descriptor, Type type)
    {
        if (descriptor.ImplementationInstance is { } instance)
        {
            return instance;
        }

        if (!_made.TryGetValue((descriptor, type), out var made))
        {
            made = descriptor.ImplementationFactory?.Invoke(this) ?? Construct(Closed(descriptor.ImplementationType!, type));
            _made.Add((descriptor, type), made);
            _owned.Add(made);
        }

        return made;
    }

    private static Type Closed(Type implementation, Type service) =>
        implementation.IsGenericTypeDefinition ? implementation.MakeGenericType(service.GenericTypeArguments) : implementation;

    // As the framework's container does: by the public constructor that wants most of what there is.
    private object Construct(Type type)
    {
        var constructor = type.GetConstructors().Where(c => Array.TrueForAll(c.GetParameters(), p => p.HasDefaultValue || Has(p.ParameterType))).MaxBy(static c => c.GetParameters().Length)
            ?? throw new InvalidOperationException($"{type} has no constructor that what is registered is enough for");
        return constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, Array.ConvertAll(constructor.GetParameters(), p => GetService(p.ParameterType) ?? p.DefaultValue), null);
    }

    private bool Has(Type type) => type == typeof(IServiceProvider) || IsMany(type) || _registered.Any(d => Serves(d, type));

    private static bool IsMany(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>);
}
