namespace Sightglass.Server.Hosting.Http;

/// <summary>What the framework's <c>UseKestrelCore</c> registers its services through: only they are wanted, not the host that they were made for.</summary>
internal sealed class KestrelRegistration(IServiceCollection services) : IWebHostBuilder
{
    public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
    {
        configureServices(services);
        return this;
    }

    public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
    {
        configureServices(new WebHostBuilderContext(), services);
        return this;
    }

    public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => this;

    public string? GetSetting(string key) => null;

    public IWebHostBuilder UseSetting(string key, string? value) => this;

#pragma warning disable ASPDEPR008 // The interface names the type that nobody should use; nothing here makes one.
    public IWebHost Build() => throw new NotSupportedException("only services are registered here");
#pragma warning restore ASPDEPR008
}
